"""``forgetting.jsonl``: one line a measurement, written as it happens."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.records.files import write_text
from harness.training.forgetting.measure import Crossing, Measurement
from harness.training.loop.processes import is_first_process
from harness.training.loop.steps import whole_lines


class ForgettingLog:
    """Appends measurements to a file, in the process that writes.

    Args:
        resumed_from: Steps that a resumed training does not repeat; later lines are dropped, and one that a kill cut.
    """

    def __init__(self, path: Path, resumed_from: int = 0) -> None:
        self.path = path
        self.rows: list[dict[str, Any]] = [
            row for row in map(json.loads, whole_lines(path)) if row["step"] <= resumed_from
        ]
        if is_first_process():
            # A checkpoint vouches for the lines up to it: a kill must not take them.
            write_text(path, "".join(json.dumps(row) + "\n" for row in self.rows))

    def add(self, measurement: Measurement, crossed: list[Crossing], seconds: float) -> None:
        """Write a measurement and the limits that it crossed."""
        beside = {"crossed": [asdict(one) for one in crossed], "seconds": round(seconds, 3)}
        self.rows.append(measurement.to_json() | beside)
        if is_first_process():
            with self.path.open("a", encoding="utf-8") as handle:
                handle.write(json.dumps(self.rows[-1]) + "\n")

    def has(self, step: int) -> bool:
        """Whether the weights after ``step`` steps were measured."""
        return any(row["step"] == step for row in self.rows)

    def of_step(self, step: int) -> dict[str, Any]:
        """The measurement after ``step`` steps."""
        return next(row for row in self.rows if row["step"] == step)
