"""``forgetting.jsonl``: one line a measurement, written as it happens."""

import json
from pathlib import Path
from typing import Any

from harness.training.forgetting.measure import Crossing, Measurement

LOG = "forgetting.jsonl"


class ForgettingLog:
    """Appends measurements to a file.

    Args:
        resumed_from: Steps that a resumed training does not repeat; later lines are dropped, and one that a kill cut.
    """

    def __init__(self, path: Path, resumed_from: int = 0) -> None:
        self.path = path
        whole = [line for line in _lines(path) if line.endswith("\n")]
        self.rows: list[dict[str, Any]] = [row for row in map(json.loads, whole) if row["step"] <= resumed_from]
        path.write_text("".join(json.dumps(row) + "\n" for row in self.rows), encoding="utf-8")

    def add(self, measurement: Measurement, crossed: list[Crossing], seconds: float) -> None:
        """Write a measurement and the limits that it crossed."""
        beside = {"crossed": [str(one) for one in crossed], "seconds": round(seconds, 3)}
        row = measurement.to_json() | beside
        # The last step may be measured twice: on the way, and when the training has come to its end.
        self.rows = [*(one for one in self.rows if one["step"] != measurement.step), row]
        with self.path.open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(row) + "\n")

    def of_step(self, step: int) -> dict[str, Any]:
        """The measurement after ``step`` steps."""
        return next(row for row in self.rows if row["step"] == step)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
