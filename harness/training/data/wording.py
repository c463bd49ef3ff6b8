"""Faults that one row's words show: lost encodings, hidden characters, leftovers, secrets, answers that are none."""

import re
from collections.abc import Iterator

from harness.training.data.faults import Fault
from harness.training.data.record import Field, Record
from harness.training.data.shorten import UNMASKED

#: UTF-8 read as Windows-1252: letters with marks, punctuation, Cyrillic, emoji.
_MOJIBAKE = re.compile(
    "[\u00c2\u00c3][\u0080-\u00bf\u20ac\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u017d\u0161"
    "\u203a\u0153\u017e\u0178\u2122]|\u00e2\u20ac[\u0080-\u00ff\u0152-\u0192\u02c6-\u02dc\u2013-\u203a\u2122]"
    "|(?:[\u00d0\u00d1][\u0080-\u00bf\u0152-\u0192\u2013-\u203a]){3}|\u00f0\u0178[\u0080-\u024f\u2010-\u203a]"
)
_LOST = re.compile("\ufffd")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2060\ufeff\ufff9-\ufffb\ud800-\udfff]")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
_HTML = re.compile(
    r"&(?:nbsp|amp|lt|gt|quot|apos|mdash|ndash|hellip|rsquo|lsquo|#\d{2,5}|#x[0-9a-fA-F]{2,5});"
    # Corpora of news have lost the ampersand of many.
    r"|(?<![&\w])(?:#(?:3[4689]|14[5-8]|15[01]|160|82\d\d)|quot|nbsp);"
    r"|</?(?:p|br|div|span|b|i|u|li|ul|ol|strong|em|h[1-6]|td|tr|table|font)(?:\s[^<>]{0,200})?/?>",
    re.IGNORECASE,
)
#: Rows that speak of markup, where tags are no leftovers.
_ABOUT_MARKUP = re.compile(r"\b(?:html?5?|xml|css|javascript|markup|web ?page|website|tags?|svg|jsx)\b", re.IGNORECASE)
_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_PLACEHOLDER = re.compile(
    r"\{\{ ?[A-Za-z_][\w.-]{0,40} ?\}\}|(?<![\w<`])<(?!MASK>)([A-Z]{3,20}(?:[ _][A-Z]{1,20}){0,5})>(?!>|.{0,2000}</\1>)"
    r"|\[(?:TODO|TBD|FIXME|PLACEHOLDER|INSERT(?: [^\[\]\n]{1,60})?|FILL(?: [^\[\]\n]{1,60})?)\]"
    r"|\b[Ll]orem ipsum dolor\b",
    re.DOTALL,
)
#: Whole answers: notes to oneself, what databases and pandas write for no value, a spreadsheet's errors.
_UNFILLED = re.compile(
    r"(?i:todo|tbd|tbc|fixme)[.:!]*|\\N|NULL|nan|#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!)", re.ASCII
)
_BOILERPLATE = re.compile(
    r"\bas an? (?:ai\b|artificial intelligence\b|(?:ai |large )?language model\b)"
    r"|\bmy (?:knowledge cutoff|training data (?:ends|only goes))\b"
    r"|\bi (?:am|'m) (?:just |only )?an? (?:ai )?(?:large )?language model\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]")
#: A line of code, by its end or its beginning.
_CODE = re.compile(r"[;{}]$|\):$|^(?:@|#include|def |class |return\b|import |from \w+ import|[\w.\[\]]+ [-+]?= )")
_EXCERPT = 80


def wording_faults(record: Record) -> Iterator[Fault]:
    """Every fault that the words of a row show, each kind once a field."""
    for field in record.fields:
        if not field.text.strip():
            continue
        yield from _found(record, field, "control_character", _CONTROL, field.text)
        if not field.text.isascii():
            yield from _found(record, field, "mojibake", _MOJIBAKE, field.text)
            yield from _found(record, field, "replacement_character", _LOST, field.text)
            yield from _found(record, field, "bidi_character", _BIDI, field.text)
        yield from _markup(record, field)
        if field.role != "label" and not _WORD.search(field.text):
            yield Fault("near_empty", record.where, f"{field.name} has no letter or digit", field.text[:_EXCERPT])
        yield from _personal(record, field)
    yield from _answer_faults(record)


def _markup(record: Record, field: Field) -> Iterator[Fault]:
    prose = _FENCE.sub(" ", field.text) if "```" in field.text else field.text
    if any(mark in prose for mark in ("{{", "<", "[", "orem ipsum")):
        yield from _found(record, field, "placeholder", _PLACEHOLDER, prose)
    if "<" in prose or ";" in prose:
        left = [*_found(record, field, "html_left", _HTML, prose)]
        yield from left if left and not _ABOUT_MARKUP.search(record.text) else ()


def _found(record: Record, field: Field, kind: str, pattern: re.Pattern[str], text: str) -> Iterator[Fault]:
    match = pattern.search(text)
    if match:
        yield Fault(kind, record.where, f"in {field.name}", _around(text, match.start(), match.end()))


def _personal(record: Record, field: Field) -> Iterator[Fault]:
    from harness.metrics.safety.pii import find_personal_data

    seen = set()
    for span in find_personal_data(field.text):
        kind = "secret" if span.kind == "secret" else "personal_data"
        if (kind, span.what) not in seen:
            seen.add((kind, span.what))
            # Cut here: without the words beside it, nobody could tell a number in a report for what it is.
            shown = field.text[span.start : span.end][:UNMASKED] + "…"
            yield Fault(kind, record.where, f"{span.what} in {field.name}", shown)


def _answer_faults(record: Record) -> Iterator[Fault]:
    if record.label is not None:
        return
    from harness.training.data.refusals import refuses

    prompt, asked = record.prompt, {_plain(record.prompt)} | {_plain(f.text) for f in record.fields[:1]}
    for field in record.fields:
        if field.role != "answer" or not _WORD.search(field.text):
            continue
        said = field.text.strip()
        if _UNFILLED.fullmatch(said) and said.casefold() not in prompt.casefold():
            yield Fault("placeholder", record.where, f"{field.name} is nothing else", field.text[:_EXCERPT])
        if _plain(field.text) in asked and field is not record.fields[0]:
            yield Fault("answer_equals_prompt", record.where, f"{field.name} is the prompt", field.text[:_EXCERPT])
        broken = _broken(field.text, prompt)
        if broken:
            yield Fault("looping_answer", record.where, f"{field.name}: {broken}", field.text[:_EXCERPT])
        spoken = _BOILERPLATE.search(field.text)
        if spoken:
            shown = _around(field.text, spoken.start(), spoken.end())
            yield Fault("boilerplate", record.where, f"in {field.name}", shown)
        elif not broken and refuses(field.text, prompt):
            yield Fault("refusal", record.where, f"in {field.name}", field.text[:_EXCERPT])


def _broken(answer: str, prompt: str) -> str:
    """Why an answer is none; what repeats itself as its prompt does, or is code of different lines, is one."""
    from harness.metrics.safety import degeneration

    found = degeneration(answer)
    if found != "repetition":
        return found
    return "" if _is_code(answer) or degeneration(prompt) == found else found


def _is_code(text: str) -> bool:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return sum(map(bool, map(_CODE.search, lines))) > len(lines) / 3 and len(set(lines)) > len(lines) / 2


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _around(text: str, start: int, end: int) -> str:
    """The piece of a text from some characters before ``start`` to some after ``end``."""
    return text[max(0, start - _EXCERPT // 2) : end + _EXCERPT // 2]
