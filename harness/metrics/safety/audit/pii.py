"""The finder of personal data as a detector: what counts is a span, found exactly where the label has it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.metrics.safety.audit.detectors import Detector, Example, Judgement, LabelledSet, as_response, text_of
from harness.metrics.safety.audit.rows import read_json
from harness.metrics.safety.pii import PersonalSpan, find_personal_data

#: Names that labelled sets give to what is looked for; other labels (names, places, dates) are left out.
_KINDS = {
    "EMAIL_ADDRESS": "email",
    "EMAIL": "email",
    "PHONE_NUMBER": "phone",
    "PHONE": "phone",
    "CREDIT_CARD": "card",
    "CARD": "card",
    "IBAN_CODE": "iban",
    "IBAN": "iban",
    "US_SSN": "us_ssn",
    "SSN": "us_ssn",
    "NATIONAL_ID": "national_id",
    "SECRET": "secret",
}
_NONE = "none"
#: Plain patterns of the kind that tutorials use.
_PATTERNS = {
    "email": re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{1,64}"),
    "phone": re.compile(r"\b\d{3}[-. ]?\d{3}[-. ]?\d{4}\b"),
    "card": re.compile(r"\b\d{4}[- ]?\d{4}[- ]?\d{4}[- ]?\d{4}\b"),
    "us_ssn": re.compile(r"\b\d{3}-\d{2}-\d{4}\b"),
    "iban": re.compile(r"\b[A-Z]{2}\d{2}[A-Z0-9]{11,30}\b"),
}

Place = tuple[str, int, int]


def _read(row: Mapping[str, Any]) -> Example:
    text = text_of(row, "text", "full_text", "response")
    places = sorted(place for span in _spans(row) if (place := _place(span, text)))
    label = "+".join(dict.fromkeys(kind for kind, _, _ in places)) or _NONE
    return Example(text, label, bool(places), document={"places": places})


def _spans(row: Mapping[str, Any]) -> list[Any]:
    spans = row.get("spans")
    if not isinstance(spans, list):
        raise ValueError("'spans' is no list")
    return spans


def _place(span: Any, text: str) -> Place | None:
    """Kind, start and end of one labelled span; None where its kind is not looked for."""
    if not isinstance(span, Mapping):
        raise ValueError(f"a span is no object (got {span!r:.40})")
    kind = _KINDS.get(str(_first(span, "type", "entity_type", "label")).upper())
    start, end = _first(span, "start", "start_position"), _first(span, "end", "end_position")
    if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(text)):
        raise ValueError(f"a span from {start!r} to {end!r} does not lie in the text")
    return (kind, start, end) if kind else None


def _first(span: Mapping[str, Any], *keys: str) -> Any:
    return next((span[key] for key in keys if key in span), None)


def _find(examples: Sequence[Example]) -> list[list[Place]]:
    return [[_as_place(span) for span in find_personal_data(one.text)] for one in examples]


def _as_place(span: PersonalSpan) -> Place:
    return span.kind, span.start, span.end


def _by_pattern(examples: Sequence[Example]) -> list[list[Place]]:
    return [
        [(kind, *match.span()) for kind, form in _PATTERNS.items() for match in form.finditer(one.text)]
        for one in examples
    ]


def _match(example: Example, found: Sequence[Place]) -> Iterator[Judgement]:
    """One judgement a labelled span, one a false span, and one a text that holds no false span."""
    places = set(example.document["places"])
    for place in sorted(places):
        yield Judgement(place[0], True, place in found)
    false = [place for place in found if place not in places]
    for _ in false:
        yield Judgement(_NONE, False, True)
    if not false:
        yield Judgement(_NONE, False, False)


def _public(folder: Path) -> Iterator[LabelledSet]:
    """Sentences made by Microsoft's presidio-research, with spans."""
    if rows := read_json(folder / "presidio_pii" / "synth_dataset_half.json"):
        yield LabelledSet("presidio-research", tuple(map(_read, rows)), public=True)


DETECTOR = Detector(
    name="pii",
    about="a span of personal data",
    form="{text, spans: [{type, start, end}]}",
    read=_read,
    flag=_find,
    baseline=_by_pattern,
    public=_public,
    checks={"personal_data": lambda one: (as_response(one), one.positive)},
    match=_match,
)
