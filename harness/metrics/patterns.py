"""Regular expressions of task files on texts of models: checked when they are read, bounded in time when they run."""

from collections.abc import Callable
from typing import TypeVar

import regex

from harness.records import InputError

#: Seconds that one search may take.
TIME_LIMIT = 1.0
Found = TypeVar("Found")


def compile_pattern(pattern: str) -> regex.Pattern[str]:
    """A pattern as Python's ``re`` reads it.

    Raises:
        InputError: it is no regular expression.
    """
    try:
        return regex.compile(pattern)
    except (regex.error, TypeError) as error:
        raise InputError(f"{pattern!r} is not a regular expression ({error})") from None


def find_all(pattern: regex.Pattern[str], text: str) -> list[str | tuple[str, ...]]:
    """``re.findall``, in bounded time.

    Raises:
        InputError: it takes too long.
    """
    return _timed(pattern, lambda: pattern.findall(text, timeout=TIME_LIMIT))


def substitute(pattern: regex.Pattern[str], replacement: str, text: str, count: int = 0) -> str:
    """``re.sub``, in bounded time.

    Raises:
        InputError: it takes too long, or the replacement names a group that is not there.
    """
    try:
        return _timed(pattern, lambda: pattern.sub(replacement, text, count=count, timeout=TIME_LIMIT))
    except (regex.error, IndexError) as error:
        raise InputError(f"bad replacement {replacement!r} for {pattern.pattern!r} ({error})") from None


def _timed(pattern: regex.Pattern[str], search: Callable[[], Found]) -> Found:
    try:
        return search()
    except TimeoutError:
        what = f"regex {pattern.pattern!r} takes more than {TIME_LIMIT:g} s on one text"
        raise InputError(what, mend="make it simpler") from None
