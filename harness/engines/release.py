"""Giving a model's memory back as soon as its work is over: in a notebook or a service the next one needs it."""

import gc
import sys
import traceback
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from harness.records import HarnessError

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def releasing(work: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """A function that leaves no model in memory that its caller did not get, whatever ended it.

    Without this a trained model stays until Python next looks for cycles: trainer and callbacks refer to each other.
    """

    @wraps(work)
    def released(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        try:
            return work(*args, **kwargs)
        except (HarnessError, KeyboardInterrupt) as error:
            _let_go(error)
            raise
        finally:
            collect()

    return released


def collect() -> None:
    """Free what only refers to itself, and hand the GPU's memory back to the driver."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()


def _let_go(error: BaseException) -> None:
    """Free the variables of the functions that an exception ended; where it was raised stays as a note.

    A notebook keeps the last exception, with its traceback every variable on its way, and the model among them: running
    the cell again would need the memory twice. (``traceback.clear_frames`` leaves what closures hold, as torch's do.)
    """
    if isinstance(error, HarnessError) and error.__traceback__:
        last = traceback.extract_tb(error.__traceback__)[-1]
        error.add_note(f"raised in {last.name}, {last.filename}:{last.lineno}")
    waiting: list[BaseException | None] = [error]
    met: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is not None and id(one) not in met:
            met.add(id(one))
            one.__traceback__ = None
            waiting += [one.__cause__, one.__context__]
