"""The verifiable instructions by their published names, and the one way to ask whether an answer follows one."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, StringConstraints, ValidationError, validate_call

#: Longest keyword, phrase or marker that a task may ask for: a search takes time in its length.
MAX_PHRASE = 400

Count = Annotated[int, Field(ge=0)]
Relation = Literal["less than", "at least"]
#: A word or phrase of an instruction; the space around it does not count.
Phrase = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_PHRASE)]
Phrases = Annotated[list[Phrase], Field(min_length=1, max_length=100)]

Check = TypeVar("Check", bound=Callable[..., bool])

_CHECKS: dict[str, Callable[..., bool]] = {}
_FAMILIES = ("keywords", "length", "layout", "wording")


class BadInstruction(ValueError):
    """An instruction that nobody could check: unknown, or with arguments that make no sense."""


def instruction(name: str) -> Callable[[Check], Check]:
    """Decorator: the function checks the instruction of this published name (``punctuation:no_comma``)."""

    def keep(check: Check) -> Check:
        _CHECKS[name] = validate_call(check)
        return check

    return keep


def instruction_names() -> tuple[str, ...]:
    """Every instruction that can be checked, sorted."""
    for family in _FAMILIES:
        import_module(f"harness.metrics.instructions.{family}")
    return tuple(sorted(_CHECKS))


def follows(name: str, arguments: Mapping[str, Any], answer: str) -> bool:
    """Whether an answer follows one instruction.

    Args:
        name: Published name of the instruction.
        arguments: Its published arguments; those that are None are left out, as the hub's layout fills them in.

    Raises:
        BadInstruction: the instruction is unknown, or its arguments are.
    """
    if name not in instruction_names():
        raise BadInstruction(f"unknown instruction {name!r}")
    given = {key: value for key, value in arguments.items() if value is not None}
    try:
        return _CHECKS[name](answer, **given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise BadInstruction(f"{name}: argument {place}: {first['msg']}") from None


def compares(found: int, relation: Relation, wanted: int) -> bool:
    """The two comparisons that instructions know."""
    return found < wanted if relation == "less than" else found >= wanted
