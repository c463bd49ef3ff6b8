"""What a training runs through: its rows in their final order, fixed before the first step."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from harness.training.loop.order import batch_order, total_steps
from harness.training.loop.packing import pack
from harness.training.rows.prepare import Prepared


class Sized(Protocol):
    """A row of any objective, encoded: all that its place in the order depends on is how many tokens it has."""

    @property
    def size(self) -> int: ...


@dataclass(frozen=True)
class Plan:
    """What the loop runs: rows in their final order, and what counts them.

    Attributes:
        rows: As the objective's trainer knows them.
        order: Row numbers, ``batch_size`` of them a batch.
        steps: Optimiser steps.
        rows_a_step: Rows (with packing, sequences) that one step learns from, in all processes together.
        tokens_at: Tokens seen by the end of each step (padding not counted).
    """

    rows: Sequence[Any]
    held_out: Sequence[Any]
    order: Sequence[int]
    steps: int
    rows_a_step: int
    tokens_at: Sequence[int]

    @property
    def steps_a_pass(self) -> int:
        """Steps in which each row has been seen."""
        return math.ceil(len(self.rows) / self.rows_a_step)


def make_plan(prepared: Prepared, processes: int = 1) -> Plan:
    """The order of rows and the number of steps, from lengths and seed alone.

    Args:
        processes: That share the training; each takes batches of its own.
    """
    schedule = prepared.recipe.schedule
    rows: Sequence[Sized] = prepared.rows
    if schedule.packing:
        rows = pack([one for row in prepared.rows for one in row.sequences], prepared.longest)
    rows_a_step = schedule.batch_size * schedule.gradient_accumulation * processes
    steps = total_steps(len(rows), rows_a_step, schedule)
    lengths = [row.size for row in rows]
    order = batch_order(lengths, schedule.batch_size, steps * rows_a_step // schedule.batch_size, prepared.recipe.seed)
    seen, tokens_at = 0, []
    for step in range(steps):
        seen += sum(lengths[row] for row in order[step * rows_a_step : (step + 1) * rows_a_step])
        tokens_at.append(seen)
    return Plan(rows, prepared.held_out, order, steps, rows_a_step, tokens_at)
