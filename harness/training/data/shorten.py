"""Values in few characters, for reports and messages."""

import reprlib
from typing import Any

_LONGEST = 200


def shown(value: Any) -> str:
    """A short form of any value, however deep or long."""
    short = reprlib.Repr()
    short.maxstring = short.maxother = 60
    return short.repr(value)[:_LONGEST]
