"""Values in few characters and without personal data, for reports and messages: both go round."""

import re
import reprlib
from typing import Any

#: Characters of personal data that tell a reader which it is.
UNMASKED = 4
_LONGEST = 200
_KINDS = {
    str: "a text", int: "a number", float: "a number", bool: "true or false", list: "a list", dict: "an object",
    type(None): "null",
}  # fmt: skip
#: A piece of a text has lost the words that tell what a number is, and may end within an address or a key.
_LEFT_OVER = re.compile(r"\d(?:[ ().\-/]{0,2}\d){6,}|[\w.+%-]+@[\w.-]+|(?=[A-Za-z_-]*\d)(?=[\d_-]*[A-Za-z])[\w-]{20,}")


class _Short(reprlib.Repr):
    """Values in the words of the files they stand in, which know no ``None``."""

    def repr_bool(self, value: bool, level: int) -> str:
        return str(value).lower()

    def repr_NoneType(self, value: None, level: int) -> str:
        return "null"


def shown(value: Any) -> str:
    """A short form of any value, however deep or long."""
    short = _Short()
    short.maxstring = short.maxother = 60
    return short.repr(value)[:_LONGEST]


def kind_of(value: Any) -> str:
    """What a value of a file is called: ``a list``, ``a number``."""
    return _KINDS.get(type(value), f"of type {type(value).__name__}")


def masked(text: str, *, piece: bool = False) -> str:
    """A text with personal data and secrets cut to their first characters.

    Args:
        piece: Whether it was cut out of another, so that whatever may be a number, address or key is cut too.
    """
    from harness.metrics.safety import find_personal_data

    for span in reversed(find_personal_data(text)):
        text = f"{text[: span.start + UNMASKED]}…{text[span.end :]}"
    return _LEFT_OVER.sub(_beginning, text) if piece else text


def _beginning(found: re.Match[str]) -> str:
    text = found.group()
    return text if len(text) <= UNMASKED else text[:UNMASKED] + "…"
