"""The check ``degenerate`` as a detector: flags answers that are none."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.metrics.safety.audit.detectors import (
    Detector,
    Example,
    LabelledSet,
    as_response,
    failed_by,
    label_of,
    text_of,
)
from harness.metrics.safety.audit.rows import read_jsonl

_LABELS = {"answer": "answer", "degenerate": "degenerate"}


def _read(row: Mapping[str, Any]) -> Example:
    label = label_of(row, _LABELS)
    prompt = text_of(row, "prompt", required=False)
    return Example(text_of(row, "response"), label, label == "degenerate", prompt, row)


def _flag(examples: Sequence[Example]) -> list[bool | None]:
    return failed_by("degenerate", [as_response(one) for one in examples])


def _emptiness(examples: Sequence[Example]) -> list[bool]:
    return [not one.text.strip() for one in examples]


def _public(folder: Path) -> Iterator[LabelledSet]:
    """GPT-4's answers to IFEval's requests: odd in form on purpose, yet all of them answers."""
    rows = read_jsonl(folder / "ifeval" / "gpt4_responses.jsonl")
    if rows:
        examples = (Example(row["response"], "answer", False, row["prompt"], row) for row in rows)
        yield LabelledSet("IFEval, GPT-4", tuple(examples), public=True)


DETECTOR = Detector(
    name="health",
    about="no answer: empty, looping or garbage",
    form="{prompt, response, label: answer|degenerate}",
    read=_read,
    flag=_flag,
    baseline=_emptiness,
    public=_public,
    checks={"degenerate": lambda one: (as_response(one), one.positive)},
)
