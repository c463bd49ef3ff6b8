"""What was measured travels with a run; somebody else's files of the same names do no harm."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.reports.curves import training_curves
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
        [row(1) | {"kl": {**FIGURE, "low": 10**400}}],
        [row(1) | {"step": float("inf")}],
    ],
)
def test_what_cannot_be_read_is_no_evidence(tmp_path: Path, rows: list[Any]) -> None:
    assert training_summary(left(tmp_path, rows)) is None


@pytest.mark.parametrize(
    "wrong",
    [{"stopped": "early"}, {"seconds": float("inf")}, {"steps": float("inf")}, {"trained_parameters": 10**400}],
)
def test_a_record_that_is_none_is_no_evidence(tmp_path: Path, wrong: dict[str, Any]) -> None:
    assert training_summary(left(tmp_path, [row(2)], RECORD | wrong)) is None


def test_a_loss_or_step_that_no_plot_has_room_for_is_left_out(tmp_path: Path) -> None:
    folder = left(tmp_path, [row(2)])
    with (folder / "metrics.jsonl").open("a") as lines:
        lines.write('{"step": Infinity, "loss": 2.0}\n{"step": 2, "loss": 1e308}\n{"step": 0, "loss": 5e-324}\n')
    summary = training_summary(folder)
    assert summary is not None and summary["loss"] == [[1, 2.0], [0, 5e-324]]
    (curve,) = training_curves({"training": {"a": summary}})
    assert curve.loss == "100.0,50.0" and curve.last_step == 1
