"""The metrics of a finished training as Parquet: a row a step, and a row a pass over the data."""

import math
import statistics
from collections.abc import Sequence
from pathlib import Path

from harness.models.beside_weights import EPOCHS, STEPS
from harness.training.loop.steps import Step


def write_tables(steps: Sequence[Step], folder: Path) -> None:
    """Write ``metrics.parquet``, the lines of ``metrics.jsonl`` as a table, and ``epochs.parquet``.

    ``epochs.parquet`` holds for each pass over the data: ``epoch`` (counted from 1), ``step`` and ``tokens`` at its
    end, mean ``loss`` and ``grad_norm`` of its steps, and the ``held_out_loss`` that was measured last in it.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist(_whole([step.to_json() for step in steps])), folder / STEPS)
    passes: dict[int, list[Step]] = {}
    for step in steps:
        # An epoch is a fraction: a step belongs to the pass that it ends in, rounding apart.
        passes.setdefault(max(1, math.ceil(step.epoch - 1e-9)), []).append(step)
    rows = [_pass(number, members) for number, members in sorted(passes.items())]
    pq.write_table(pa.Table.from_pylist(rows), folder / EPOCHS)


def _whole(lines: list[dict[str, float]]) -> list[dict[str, float | None]]:
    """Every line with every column, since Arrow takes the columns from the first."""
    columns = dict.fromkeys(name for line in lines for name in line if name != "steps")
    return [{name: line.get(name) for name in columns} for line in lines]


def _pass(number: int, steps: Sequence[Step]) -> dict[str, float | None]:
    losses = [step.loss for step in steps if step.loss is not None]
    norms = [step.grad_norm for step in steps if step.grad_norm is not None]
    held_out = [step.held_out_loss for step in steps if step.held_out_loss is not None]
    return {
        "epoch": number,
        "step": steps[-1].step,
        "tokens": steps[-1].tokens,
        "loss": statistics.fmean(losses) if losses else None,
        "grad_norm": statistics.fmean(norms) if norms else None,
        "held_out_loss": held_out[-1] if held_out else None,
    }
