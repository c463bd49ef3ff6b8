"""What is read from generated text before metrics see it. A filter gives None where it finds nothing."""

from collections.abc import Callable, Sequence
from typing import Annotated, Literal

import regex
from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

from harness.records import InputError, nearest

#: Seconds that one search may take: patterns come from task files, texts from models.
TIME_LIMIT = 1.0
_FENCE = regex.compile(r"```[^\n`]*\n(.*?)(?:\n?```|\Z)", regex.DOTALL)
_NUMBER = regex.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|[-+]?\.\d+")


class RegexFilter(BaseModel):
    """``{regex: pattern, group: 1, take: first}``: a group of the first or the last match."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    regex: str
    group: Annotated[int, Field(ge=0)] = 0
    take: Literal["first", "last"] = "first"

    @field_validator("regex")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            regex.compile(value)
        except regex.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
        return value

    @model_validator(mode="after")
    def _has_group(self) -> "RegexFilter":
        if self.group > regex.compile(self.regex).groups:
            raise ValueError(f"the pattern has no group {self.group}")
        return self

    def __call__(self, text: str) -> str | None:
        try:
            matches = regex.compile(self.regex).finditer(text, timeout=TIME_LIMIT)
            found = list(matches) if self.take == "last" else [m for m in [next(matches, None)] if m]
        except TimeoutError:
            raise InputError(
                f"regex {self.regex!r} takes more than {TIME_LIMIT:g} s on one text", mend="make it simpler"
            ) from None
        chosen = found[-1].group(self.group) if found else None
        return None if chosen is None else str(chosen)


def _first_line(text: str) -> str | None:
    return next((line for line in text.splitlines() if line.strip()), None)


def _code_block(text: str) -> str | None:
    """The first fenced block; the whole text where nothing is fenced, as base models answer."""
    found = _FENCE.search(text)
    return (found.group(1) if found else text) or None


def _number(text: str) -> str | None:
    """The last number, without thousands separators: answers end in their result."""
    found = _NUMBER.findall(text)
    return found[-1].replace(",", "").removeprefix("+") if found else None


_PLAIN: dict[str, Callable[[str], str | None]] = {
    "strip": str.strip,
    "lower": str.lower,
    "first_line": _first_line,
    "code_block": _code_block,
    "number": _number,
}


#: Filters that a task names without options.
KNOWN_FILTERS = (*_PLAIN, "label")


def _known(name: str) -> str:
    if name not in KNOWN_FILTERS:
        raise ValueError(f"unknown filter {name!r}; {nearest(name, list(KNOWN_FILTERS))}")
    return name


#: A filter's name, or a `RegexFilter`; told apart first, so that an error speaks of the one that was meant.
FilterSpec = Annotated[
    Annotated[str, AfterValidator(_known), Tag("name")] | Annotated[RegexFilter, Tag("pattern")],
    Discriminator(lambda value: "name" if isinstance(value, str) else "pattern"),
]


def apply_filters(text: str, filters: Sequence[str | RegexFilter], labels: Sequence[str] = ()) -> str | None:
    """The text that remains after all filters, None as soon as one finds nothing."""
    read: str | None = text
    for one in filters:
        if read is None:
            return None
        if isinstance(one, RegexFilter):
            read = one(read)
        elif one == "label":
            read = find_label(read, labels)
        else:
            read = _PLAIN[one](read)
    return read


def find_label(text: str, labels: Sequence[str]) -> str | None:
    """The label that is named first in a text, in whole words of any case; the longest of those that start there.

    Underscores in a label also match spaces and hyphens.
    """
    hits = []
    for label in labels:
        words = regex.sub(r"_", r"[_\\s-]", regex.escape(label, special_only=True))
        found = regex.search(rf"(?<!\w){words}(?!\w)", text, regex.IGNORECASE)
        if found:
            hits.append((found.start(), -len(found.group()), label))
    return min(hits)[2] if hits else None
