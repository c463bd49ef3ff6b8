"""Running out of memory, told as what was needed, what there was, and what would fit."""

import errno
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from harness.records import RunError
from harness.training.rows.prepare import Prepared

if TYPE_CHECKING:
    from harness.training.estimates.choices import Choice
    from harness.training.estimates.memory import Memory

#: How torch's allocator on the CPU, its kernels and the loader of weights say that there is no memory left.
_SAYINGS = ("can't allocate memory", "cannot allocate memory", "defaultcpuallocator", "bad_alloc", "not enough memory")
#: Ways that are named at most.
_NAMED = 4


@contextmanager
def memory_advice(prepared: Prepared) -> Iterator[None]:
    """Turn running out of memory inside the block into an error that says what would fit.

    Raises:
        RunError: memory ran out.
    """
    import torch

    from harness.training.estimates.available_memory import available_memory

    device = "cuda" if torch.cuda.is_available() else "cpu"
    available = available_memory(device)
    try:
        yield
        return
    except (MemoryError, RuntimeError, OSError) as error:
        if not ran_out(error):
            raise
        # What the training held lives as long as the frames that it failed in.
        traceback.clear_frames(error.__traceback__)
    from harness.training.estimates.choices import memory_of

    needed, smaller = memory_of(prepared, device)
    raise RunError(
        f"out of memory: about {_gib(needed.total)} are needed ({_largest(needed)}), {_gib(available)} were available",
        where=prepared.recipe.adapter,
        mend=_mend(smaller, _trusted(needed, available)),
    )


def ran_out(error: BaseException) -> bool:
    """Whether an error says that there was no memory left, on a GPU or in main memory."""
    import torch

    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    said = str(error).lower()
    return any(one in said for one in _SAYINGS)


def _trusted(needed: "Memory", available: int) -> float:
    """The modelled memory up to which something would fit: what ran out took at least all there was, whatever the model
    said, and a tenth is left for what differs from run to run."""
    return 0.9 * min(available, needed.total)


def _mend(smaller: "Sequence[Choice]", limit: float) -> str:
    fitting = [one for one in smaller if one.memory.total <= limit]
    if not fitting:
        least = min(smaller, key=lambda one: one.memory.total, default=None)
        if least is None:
            return "use a smaller base, or a machine with more memory"
        return f"nothing would fit: even {{{least.change}}} needs {_gib(least.memory.total)}; use a smaller base"
    # Of several batch sizes the largest that fits says all.
    sizes = [one for one in fitting if one.change.startswith("batch_size")][:1]
    others = [one for one in fitting if not one.change.startswith("batch_size")]
    named = [*sizes, *others][:_NAMED]
    return "would fit: " + ", or ".join(f"{{{one.change}}} ({_gib(one.memory.total)})" for one in named)


def _largest(memory: "Memory") -> str:
    parts = sorted(((value, name) for name, value in memory.to_json().items() if name != "total"), reverse=True)
    return ", ".join(f"{name} {_gib(value)}" for value, name in parts[:3])


def _gib(size: float) -> str:
    return f"{size / 2**30:.2f} GiB"
