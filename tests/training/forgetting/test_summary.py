"""What was measured travels with a run; somebody else's files of the same names do no harm."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.training.curves import training_summary

FIGURE = {"value": 0.1, "low": 0.05, "high": 0.2}
RECORD = {
    "recipe": {"method": {"kind": "lora"}},
    "steps": 10,
    "seconds": 1.0,
    "trained_parameters": 12,
    "forgetting": {"limits": {"kl": 0.5, "negative_flips": 0.1}},
    "stopped": {"reason": "stopped after step 4"},
}


def left(folder: Path, rows: list[Any], record: Any = RECORD) -> Path:
    (folder / "training.json").write_text(json.dumps(record))
    (folder / "metrics.jsonl").write_text('{"step": 1, "loss": 2.0}\n')
    (folder / "forgetting.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def row(step: int, together: bool = True) -> dict[str, Any]:
    probe = {"probe": "a", "drop": FIGURE}
    return {"step": step, "kl": FIGURE, "together": probe if together else None, "probes": [probe]}


def test_figures_by_step_with_their_limits(tmp_path: Path) -> None:
    summary = training_summary(left(tmp_path, [row(2), row(6, together=False), row(4)]))
    assert summary is not None
    lost = summary["forgetting"]
    assert lost["kl"] == [[2, 0.1, 0.05, 0.2], [4, 0.1, 0.05, 0.2], [6, 0.1, 0.05, 0.2]]
    assert lost["accuracy_drop"] == lost["kl"]
    assert lost["limits"] == {"kl": 0.5} and lost["stopped"] == "stopped after step 4"


def test_text_alone_has_no_accuracy(tmp_path: Path) -> None:
    summary = training_summary(left(tmp_path, [row(2, together=False) | {"probes": []}]))
    assert summary is not None and summary["forgetting"]["accuracy_drop"] == []


def test_a_training_that_was_not_watched_has_none(tmp_path: Path) -> None:
    record = {key: value for key, value in RECORD.items() if key != "forgetting"}
    summary = training_summary(left(tmp_path, [], record))
    assert summary is not None and summary["forgetting"] is None


@pytest.mark.parametrize(
    "rows",
    [
        [["no row"]],
        [{"step": 1}],
        [row(1) | {"kl": {"value": "x"}}],
        [row(1) | {"kl": {**FIGURE, "low": float("inf")}}],
    ],
)
def test_what_cannot_be_read_is_no_evidence(tmp_path: Path, rows: list[Any]) -> None:
    assert training_summary(left(tmp_path, rows)) is None
