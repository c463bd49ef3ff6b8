"""A piece of personal data in a text, and words near it that say what a bare number is."""

import re
from dataclasses import dataclass

#: Characters before and after a number in which a word may say what the number is.
_BEFORE, _AFTER = 48, 16


@dataclass(frozen=True, slots=True)
class PersonalSpan:
    """Where a piece of personal data stands.

    Attributes:
        kind: One of `harness.metrics.safety.pii.KINDS`.
        what: The same more exactly, in words for a report (``Spanish DNI``, ``AWS access key``).
    """

    kind: str
    start: int
    end: int
    what: str


def is_named(
    text: str, start: int, end: int, words: re.Pattern[str], labels_after: re.Pattern[str] | None = None
) -> bool:
    """Whether one of ``words`` stands shortly before a span, with no other number in between, or right after it.

    Args:
        labels_after: The words that count after the span, where those are others.
    """
    before = text[max(0, start - _BEFORE) : start]
    last = max((match.end() for match in re.finditer(r"\d", before)), default=0)
    after = text[end : end + _AFTER].lstrip(" -–,(\\")
    return bool(words.search(before[last:]) or (labels_after or words).match(after))
