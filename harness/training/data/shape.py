"""Faults that show beside the other rows: another form of prompt or answer, an unusual length, another language."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import exp, log
from statistics import median_high

from harness.training.data.faults import Fault
from harness.training.data.record import Record

#: What is common: this share of rows, at least this number of rows being there to tell from.
_COMMON, _FEWEST = 0.95, 20
#: Answers are unusually long or short from this many robust standard deviations of log length.
_DEVIATIONS = 6.0
#: Languages are told for this many rows, evenly spread: langdetect takes milliseconds a text.
LANGUAGE_ROWS = 300
#: Characters it reads; with fewer letters, or less than this share of them (tables, formulas), it guesses.
_READ, _FEWEST_LETTERS, _LETTERS = 300, 60, 0.7
#: Characters that are read of a row that seems to be in another language than the rest.
_READ_AGAIN = 2000
_MARKUP = {
    "ChatML": re.compile(r"<\|im_(?:start|end)\|>"),
    "Llama 3": re.compile(r"<\|(?:start_header_id|eot_id|begin_of_text)\|>"),
    "Llama 2": re.compile(r"\[/?INST\]|<</?SYS>>"),
    "Gemma": re.compile(r"<(?:start|end)_of_turn>"),
    "Zephyr": re.compile(r"<\|(?:user|assistant|system|end)\|>"),
    "Alpaca": re.compile(r"^### (?:Instruction|Input|Response):", re.MULTILINE),
    "Human/Assistant": re.compile(r"^(?:Human|Assistant|USER|ASSISTANT): ?", re.MULTILINE),
    "end of text": re.compile(r"</s>|<\|endoftext\|>"),
}
_HEADER = re.compile(r"[^\W\d][\w #-]{0,38}:")
_PUNCTUATION = ".!?。！？…\"')]}”’`*"


def markup_faults(records: Sequence[Record]) -> Iterator[Fault]:
    """Chat markup in the text of rows: a fault unless nearly all rows have the same."""
    found = [_markup(record.text) for record in records]
    common, count = Counter(found).most_common(1)[0]
    expected = common if count >= _COMMON * len(found) else ()
    for record, names in zip(records, found, strict=True):
        if names and names != expected:
            usual = " and ".join(expected) if expected else "none"
            yield Fault("chat_markup", record.where, f"{' and '.join(names)}; other rows: {usual}", record.text[:80])
        elif expected and not names:
            yield Fault(
                "prompt_format", record.where, f"lacks the markup of {' and '.join(expected)}", record.text[:80]
            )


def _markup(text: str) -> tuple[str, ...]:
    return tuple(name for name, form in _MARKUP.items() if form.search(text))


@dataclass(frozen=True, slots=True)
class _Trait:
    """Something that each prompt or answer has one value of; None is no form of its own."""

    kind: str
    what: str
    of: Callable[[Record], str | None]


def _header(record: Record) -> str | None:
    match = _HEADER.match(record.prompt)
    return match.group() if match else None


def _trailer(record: Record) -> str | None:
    last = record.prompt.rstrip().rpartition("\n")[2][-40:]
    return last if _HEADER.fullmatch(last) else None


def _prompt_end(record: Record) -> str | None:
    prompt = record.prompt
    return prompt[len(prompt.rstrip()) :].replace("\n", "\\n") or None


def _answer_start(record: Record) -> str | None:
    answer = record.answer
    return answer[: len(answer) - len(answer.lstrip())].replace("\n", "\\n") or None


def _answer_end(record: Record) -> str | None:
    return "closing punctuation" if record.answer.rstrip()[-1:] in tuple(_PUNCTUATION) else None


_TRAITS = (
    _Trait("prompt_format", "the header", _header),
    _Trait("prompt_format", "the last line", _trailer),
    _Trait("prompt_format", "white space at the end", _prompt_end),
    _Trait("answer_format", "white space at the start", _answer_start),
    _Trait("answer_format", "the end", _answer_end),
)


def format_faults(records: Sequence[Record]) -> Iterator[Fault]:
    """Rows without the header, the last line or the ends that nearly all rows share."""
    rows = [record for record in records if record.prompt.strip() and record.answer.strip()]
    if len(rows) < _FEWEST:
        return
    for trait in _TRAITS:
        values = [trait.of(record) for record in rows]
        common, count = Counter(values).most_common(1)[0]
        stray = common is None and trait.what.startswith("white space")
        if count < _COMMON * len(rows) or not (common or stray):
            continue
        for record, value in zip(rows, values, strict=True):
            if value != common:
                what = f"{trait.what} is {value or 'missing'!r}, elsewhere {common or 'none'!r}"
                shown = record.prompt if trait.kind == "prompt_format" else record.answer[-80:]
                yield Fault(trait.kind, record.where, what, shown[:80])


def length_faults(records: Sequence[Record]) -> Iterator[Fault]:
    """Answers whose length lies far from the rest, by median and median absolute deviation of its logarithm.

    Source: Leys et al. 2013, "Detecting outliers: Do not use standard deviation around the mean".
    """
    rows = [record for record in records if record.label is None and record.answer.strip()]
    if len(rows) < _FEWEST:
        return
    logs = [log(len(record.answer)) for record in rows]
    middle = median_high(logs)
    # Answers of nearly equal lengths would make a word more an outlier.
    spread = max(1.4826 * median_high([abs(value - middle) for value in logs]), 0.25)
    far = [abs(value - middle) > _DEVIATIONS * spread for value in logs]
    if sum(far) > max(1, (1 - _COMMON) * len(rows)):  # answers of two kinds, one of them short
        return
    for record, odd in zip(rows, far, strict=True):
        if odd:
            what = f"{len(record.answer):,} characters; the median is {round(exp(middle)):,}"
            yield Fault("length_outlier", record.where, what, record.answer[:80])


def languages(records: Sequence[Record]) -> dict[str, list[Record]]:
    """Rows by language (ISO 639-1), the most frequent first; of many rows `LANGUAGE_ROWS` are looked at.

    A row of a rare language counts as one of the main language where that is possible at all: of a few words, names
    among them, langdetect is often wrong and says so.
    """
    from harness.metrics.instructions.wording import detect_language, possible_languages

    found: dict[str, list[Record]] = {}
    step = max(1, -(-len(records) // LANGUAGE_ROWS))
    for record in records[::step]:
        text = _said(record)[:_READ]
        letters = sum(character.isalpha() for character in text)
        if letters >= max(_FEWEST_LETTERS, _LETTERS * len(text)):
            language = detect_language(text)
            if language:
                found.setdefault(language, []).append(record)
    main = max(found, key=lambda language: len(found[language]), default="")
    rows = sum(map(len, found.values()))
    for language in [one for one, others in found.items() if len(others) < (1 - _COMMON) * rows]:
        for record in list(found[language]):
            if main in possible_languages(_said(record)[:_READ_AGAIN]):
                found[language].remove(record)
                found[main].append(record)
    return dict(sorted(((one, all_) for one, all_ in found.items() if all_), key=lambda item: -len(item[1])))


def _said(record: Record) -> str:
    """The words of a row; a label is none."""
    return record.text if record.label is None else record.prompt


def language_faults(by_language: dict[str, list[Record]]) -> Iterator[Fault]:
    """Rows in another language than nearly all others."""
    rows = sum(map(len, by_language.values()))
    if rows < _FEWEST:
        return
    main, *others = by_language
    if len(by_language[main]) < _COMMON * rows:
        return
    for language in others:
        for record in by_language[language]:
            yield Fault("other_language", record.where, f"looks like {language}, the rest is {main}", record.text[:80])
