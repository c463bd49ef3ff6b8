"""Reading English answers sentence by sentence: own words apart from quotations and code, one spelling of marks."""

import re
from dataclasses import dataclass

_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_INLINE_CODE = re.compile(r"`[^`\n]+`")
_BLOCK_QUOTE = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
#: Quoted speech: at least three words, so that scare quotes around a term stay.
_QUOTATION = re.compile(r"[\"“](?:[^\"“”\s]+[^\S\n]+){2,}[^\"“”\s]*[\"”]")
_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?](?!\s|$)[^.!?\n]*)*[.!?]*")
_MARKS = str.maketrans({"’": "'", "‘": "'", "`": "'", "“": '"', "”": '"', "—": " ", "–": "-", "*": None, "_": None})


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: where it stands in the text, as written, and in lower case with plain marks and single spaces."""

    start: int
    end: int
    plain: str


def own_words(text: str) -> str:
    """The text with quotations, block quotes and code blanked out, every character keeping its place."""
    for pattern in (_FENCE, _BLOCK_QUOTE, _INLINE_CODE, _QUOTATION):
        text = pattern.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)
    return text


def plain(text: str) -> str:
    """Lower case, straight apostrophes, no emphasis marks, single spaces."""
    return " ".join(text.translate(_MARKS).lower().split())


def sentences(text: str) -> list[Sentence]:
    """The sentences of a text, split at closing marks and line ends; those without a letter are left out."""
    found = []
    for match in _SENTENCE.finditer(text):
        words = plain(match.group())
        if re.search(r"[^\W\d_]", words):
            lead = len(match.group()) - len(match.group().lstrip())
            found.append(Sentence(match.start() + lead, match.end(), words))
    return found
