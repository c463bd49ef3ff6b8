"""The curve of a training travels with a run; somebody else's files of the same name do no harm."""

import json
from pathlib import Path

import pytest

from harness.training.curves import POINTS, training_summary

RECORD = {
    "recipe": {"method": {"kind": "lora"}},
    "steps": 1000,
    "seconds": 61.5,
    "trained_parameters": 12,
    "warnings": ["w"],
}


def left(folder: Path, rows: list[object], record: object = RECORD) -> Path:
    (folder / "training.json").write_text(json.dumps(record))
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def test_a_long_curve_is_thinned_to_means_that_keep_its_area(tmp_path: Path) -> None:
    rows = [{"step": step, "loss": 10 / step} for step in range(1, 1001)]
    summary = training_summary(left(tmp_path, [*rows, {"step": 1000, "held_out_loss": 0.5}]))
    assert summary is not None
    assert len(summary["loss"]) == POINTS
    assert sum(value for _, value in summary["loss"]) * 10 == pytest.approx(sum(row["loss"] for row in rows), rel=1e-4)
    assert summary["evaluation"] == [[1000, 0.5]]
    assert (summary["method"], summary["steps"], summary["warnings"]) == ("lora", 1000, ["w"])


@pytest.mark.parametrize(
    ("rows", "record"),
    [
        ([], {"something": "else"}),
        ([], ["no record"]),
        (["no object", 3], {**RECORD, "steps": "many"}),
    ],
)
def test_what_is_no_training_of_this_house_has_no_curve(tmp_path: Path, rows: list[object], record: object) -> None:
    assert training_summary(left(tmp_path, rows, record)) is None


def test_nothing_there_is_no_curve_and_odd_values_are_left_out(tmp_path: Path) -> None:
    assert training_summary(tmp_path) is None
    rows = [{"step": 1, "loss": "x"}, {"step": 2, "loss": float("nan")}, {"loss": 1}, [1], {"step": 3, "loss": 2.0}]
    summary = training_summary(left(tmp_path, rows))
    assert summary is not None
    assert summary["loss"] == [[3, 2.0]]
