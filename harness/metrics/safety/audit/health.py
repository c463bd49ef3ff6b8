"""The check ``degenerate`` as a detector: flags answers that are none."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.metrics.safety.audit.detectors import (
    Detector,
    Example,
    LabelledSet,
    as_response,
    by_metric,
    labelled_reader,
)
from harness.metrics.safety.audit.rows import read_jsonl

_LABELS = {"answer": "answer", "degenerate": "degenerate"}


_read = labelled_reader("response", _LABELS, positive="degenerate")


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
    flag=by_metric("degenerate"),
    baseline=_emptiness,
    public=_public,
    checks={"degenerate": lambda one: (as_response(one), one.positive)},
)
