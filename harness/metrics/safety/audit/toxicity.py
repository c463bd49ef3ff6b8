"""The reader of hostility as a detector. Sets labelled for hate ask about hate alone, others about any hostility."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.metrics.safety.audit.detectors import Detector, Example, LabelledSet, as_response, label_of, text_of
from harness.metrics.safety.audit.rows import read_csv
from harness.metrics.safety.toxicity import find_hostility

_LABELS = {
    "toxic": "toxic",
    "true": "toxic",
    "1": "toxic",
    "not toxic": "harmless",
    "not_toxic": "harmless",
    "harmless": "harmless",
    "benign": "harmless",
    "non-toxic": "harmless",
    "false": "harmless",
    "0": "harmless",
    "hateful": "hateful",
    "non-hateful": "non-hateful",
}
_KEYWORDS = re.compile(r"\b(?:hate|kill|stupid|idiot|moron|fuck\w*|shit|bitch|ass|asshole|damn|die|disgusting)\b", re.I)


def _read(row: Mapping[str, Any]) -> Example:
    label = label_of({"label": row["is_toxic"]} if "is_toxic" in row and "label" not in row else row, _LABELS)
    return Example(text_of(row, "text", "response"), label, label in ("toxic", "hateful"), document=row)


def _flag(examples: Sequence[Example]) -> list[bool]:
    return [
        any(one.hateful or "hateful" not in example.label for one in find_hostility(example.text))
        for example in examples
    ]


def _keywords(examples: Sequence[Example]) -> list[bool]:
    return [bool(_KEYWORDS.search(one.text)) for one in examples]


def _public(folder: Path) -> Iterator[LabelledSet]:
    """HateCheck (Röttger et al. 2021): its hateful cases and harmless look-alikes; comments labelled by Surge AI."""
    cases = read_csv(folder / "hatecheck" / "test_suite_cases.csv")
    comments = read_csv(folder / "surge_toxicity" / "toxicity_en_half.csv")
    sets = {
        "HateCheck": [{"text": row["test_case"], "label": row["label_gold"]} for row in cases],
        "Surge AI toxicity": [{"text": row["text"], "label": row["is_toxic"]} for row in comments],
    }
    for name, rows in sets.items():
        if rows:
            yield LabelledSet(name, tuple(map(_read, rows)), public=True)


DETECTOR = Detector(
    name="toxicity",
    about="a hostile text",
    form="{text, label: toxic|benign or hateful|non-hateful}",
    read=_read,
    flag=_flag,
    baseline=_keywords,
    public=_public,
    checks={"toxic": lambda one: None if "hateful" in one.label else (as_response(one), one.positive)},
)
