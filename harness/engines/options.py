"""Reading an engine's own ``options`` strictly: a wrong key or value is named, with the nearest known key."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from harness.engines.base import EngineSettings
from harness.records import InputError, nearest

Options = TypeVar("Options", bound=BaseModel)


def read_options(settings: EngineSettings, model: type[Options]) -> Options:
    """The ``options:`` of a suite's engine section as ``model``.

    Raises:
        InputError: an unknown key, a missing one, or a value of the wrong kind.
    """
    try:
        return model.model_validate(settings.options)
    except ValidationError as error:
        raise _explain(error.errors()[0], model) from None


def _explain(first: Any, model: type[BaseModel]) -> InputError:
    key = ".".join(str(step) for step in first["loc"])
    where = f"engine.options.{key}" if key else "engine.options"
    if first["type"] == "extra_forbidden":
        return InputError(
            f"unknown option {key!r}", where="engine.options", mend=nearest(key, list(model.model_fields))
        )
    if first["type"] == "missing":
        return InputError("is missing", where=where, mend="add it")
    message = str(first["msg"]).removeprefix("Value error, ")
    return InputError(message[:1].lower() + message[1:], where=where)
