"""What is wrong with a regular expression as it is written: it can hang, or lets through what it should stop."""

import re
import warnings
from collections.abc import Iterator, Sequence
from re import _constants as names  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

_LONGEST = 1000
_REPEATS = (names.MAX_REPEAT, names.MIN_REPEAT)
_BARE_HOST = re.compile(r"(?<![\\\w])(?:www|api|[a-z0-9-]{3,30})\.(?:[a-z0-9-]{2,30}\.)?(?:com|org|net|io|edu|gov)\b")
_TAG_FILTER = re.compile(r"<\\?/?(?:script|style|iframe)|<\[\^>\]|<\.[*+]\??>", re.I)


def pattern_faults(pattern: str) -> Iterator[tuple[str, str, str, str]]:
    """Rule, CWE, severity and reason for each fault of a pattern (in Python's or JavaScript's syntax).

    What does not parse has none.
    """
    if len(pattern) > _LONGEST:
        return
    if _TAG_FILTER.search(pattern) and "script" in pattern.lower():
        yield "incomplete-tag-filter", "CWE-116", "medium", "markup cannot be cleaned with a regular expression"
    if "A-z" in pattern:
        yield "wide-character-range", "CWE-20", "low", "A-z holds punctuation too"
    if ("://" in pattern or pattern.startswith("^")) and _BARE_HOST.search(pattern):
        yield "unescaped-dot", "CWE-20", "low", "the dot in a host's name matches any character"
    tree = _tree(pattern)
    if tree is not None and _nested(tree, False):
        yield "slow-regular-expression", "CWE-1333", "medium", "nested repetition can take exponential time"
    elif tree is not None and _adjacent(tree):
        yield "slow-regular-expression", "CWE-1333", "low", "two alike repetitions in a row can take quadratic time"


def _tree(pattern: str) -> list[Any] | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return list(_parser.parse(pattern))
    except (re.error, RecursionError, OverflowError, ValueError):
        return None


def _nested(items: Sequence[Any], repeated: bool) -> bool:
    """Whether an unbounded repetition stands in another with nothing fixed beside it, or repeats alike choices."""
    # Something fixed in a sequence parts one repetition of it from the next.
    free = all(op in (*_REPEATS, names.SUBPATTERN, names.AT) for op, _ in items)
    for op, value in items:
        if op in _REPEATS:
            many = _is_many(value)
            if many and ((repeated and free) or _has_alike_choices(value[2])):
                return True
            if _nested(value[2], (repeated and free) or many):
                return True
        elif op is names.SUBPATTERN:
            if _nested(value[3], repeated and free):
                return True
        elif op is names.BRANCH and any(_nested(one, repeated and free) for one in value[1]):
            return True
    return False


def _adjacent(items: Sequence[Any]) -> bool:
    """Whether two unbounded repetitions of the same thing follow each other with nothing but optional parts between."""
    before = ""
    for op, value in items:
        if op in _REPEATS and _is_many(value):
            if str(value[2]) == before:
                return True
            before = str(value[2])
        elif op not in _REPEATS or value[0] > 0:
            before = ""
    return False


def _is_many(repeat: Any) -> bool:
    return repeat[1] == names.MAXREPEAT or repeat[1] > 20


def _has_alike_choices(items: Any) -> bool:
    flat = list(items)
    while len(flat) == 1 and flat[0][0] is names.SUBPATTERN:
        flat = list(flat[0][1][3])
    if len(flat) != 1 or flat[0][0] is not names.BRANCH:
        return False
    heads = [str(one[0]) for one in flat[0][1][1] if len(one)]
    return len(heads) > len(set(heads))
