"""Filters of lm-evaluation-harness, on one generation: what a metric reads from the text before it judges.

Each filter gives what ``lm_eval.filters`` gives for a list of one response. Filters that need several responses of a
sample, or Python of the task's own, are not here.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import regex
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, field_validator

from harness.metrics.patterns import compile_pattern, find_all, substitute
from harness.records import InputError

#: What lm-evaluation-harness puts where a pattern matches nothing.
INVALID = "[invalid]"


class _Filter(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    def apply(self, text: str, document: Mapping[str, Any]) -> str:
        """The text that is left; ``document`` is the row of data."""
        return text


class TakeFirst(_Filter):
    """The first response: of one response, itself."""

    function: Literal["take_first"]


class TakeFirstK(_Filter):
    """The first k responses; only one is generated here."""

    function: Literal["take_first_k"]
    k: Literal[1]


class MajorityVote(_Filter):
    """The most frequent response: of one response, itself."""

    function: Literal["majority_vote"]


class RemoveWhitespace(_Filter):
    """The text without surrounding white space."""

    function: Literal["remove_whitespace"]

    def apply(self, text: str, document: Mapping[str, Any]) -> str:
        return text.strip()


class Lowercase(_Filter):
    """The text in lower case."""

    function: Literal["lowercase"]

    def apply(self, text: str, document: Mapping[str, Any]) -> str:
        return text.lower()


class Uppercase(_Filter):
    """The text in upper case."""

    function: Literal["uppercase"]

    def apply(self, text: str, document: Mapping[str, Any]) -> str:
        return text.upper()


class MapText(_Filter):
    """What a table gives for the whole text."""

    function: Literal["map"]
    mapping_dict: dict[str, str] = {}
    default_value: str

    def apply(self, text: str, document: Mapping[str, Any]) -> str:
        return self.mapping_dict.get(text, self.default_value)


class Regex(_Filter):
    """One of all matches of a pattern: the whole match, or its first group that is not empty."""

    function: Literal["regex"]
    regex_pattern: str = r"#### (\-?[0-9\.\,]+)"
    group_select: int = 0
    fallback: str = INVALID

    @field_validator("regex_pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            compile_pattern(value)
        except InputError as error:
            raise ValueError(error.what) from None
        return value

    def apply(self, text: str, document: Mapping[str, Any]) -> str:
        found = select(self.regex_pattern, text, self.group_select)
        return self.fallback if found is None else found


class MultiChoiceRegex(Regex):
    """A pattern, else the text of one of the row's ``choices``, else a letter after a colon; choices as ``(A)``."""

    function: Literal["multi_choice_regex"]  # type: ignore[assignment]
    ignore_case: bool = False
    ignore_punctuation: bool = False
    regexes_to_ignore: list[str] | None = None

    def apply(self, text: str, document: Mapping[str, Any]) -> str:
        choices = document.get("choices")
        if not isinstance(choices, list) or not all(isinstance(one, str) for one in choices):
            raise InputError("filter multi_choice_regex needs a column 'choices' that holds a list of texts")
        return (
            select(self.regex_pattern, text, self.group_select)
            or self._by_text(text, choices)
            or self._by_letter(text, len(choices))
            or self.fallback
        )

    def _by_text(self, text: str, choices: Sequence[str]) -> str | None:
        letters = {self._plain(choice.strip()): f"({_letter(at)})" for at, choice in enumerate(choices)}
        # Longest first: alternation takes the leftmost branch, and one choice may begin another.
        branches = sorted((regex.escape(choice, special_only=True) for choice in letters), key=len, reverse=True)
        found = select("|".join(branches), self._plain(text), self.group_select)
        return letters.get(found, found) if found else None

    def _by_letter(self, text: str, count: int) -> str | None:
        letters = "|".join(_letter(at) for at in range(count))
        found = select(rf":[\s]*({letters})", text, self.group_select)
        return f"({found})" if found else None

    def _plain(self, text: str) -> str:
        for pattern in self.regexes_to_ignore or ():
            text = substitute(compile_pattern(pattern), "", text)
        if self.ignore_case:
            text = text.lower()
        return regex.sub(r"\p{P}", "", text) if self.ignore_punctuation else text


def _letter(at: int) -> str:
    return chr(ord("A") + at)


Filter = (
    TakeFirst
    | TakeFirstK
    | MajorityVote
    | RemoveWhitespace
    | Lowercase
    | Uppercase
    | MapText
    | Regex
    | MultiChoiceRegex
)
#: The filters of a pipeline, in order, as ``filter_list`` writes them.
Pipeline: TypeAdapter[list[Filter]] = TypeAdapter(list[Annotated[Filter, Field(discriminator="function")]])
#: Names that a task file may use.
KNOWN_FILTERS = tuple(one.model_fields["function"].annotation.__args__[0] for one in Filter.__args__)


def apply_pipeline(filters: Sequence[Filter], text: str, document: Mapping[str, Any]) -> str:
    """The text that remains after all filters.

    Raises:
        InputError: a pattern takes too long, or the row lacks what a filter needs.
    """
    for one in filters:
        text = one.apply(text, document)
    return text


def select(pattern: str, text: str, which: int) -> str | None:
    """The match of number ``which`` as ``re.findall`` counts them, stripped; None where there is none.

    Of a match with several groups, the first group that is not empty.
    """
    found = find_all(compile_pattern(pattern), text)
    if not -len(found) <= which < len(found):
        return None
    chosen = found[which]
    first = next((group for group in chosen if group), None) if isinstance(chosen, tuple) else chosen
    return None if first is None else first.strip()
