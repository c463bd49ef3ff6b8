"""What a training runs through: its rows in their final order, fixed before the first step."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from harness.training.order import batch_order, total_steps
from harness.training.prepare import Prepared


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
        tokens_at: Tokens seen by the end of each step (padding not counted).
    """

    rows: Sequence[Any]
    held_out: Sequence[Any]
    order: Sequence[int]
    steps: int
    tokens_at: Sequence[int]


def make_plan(prepared: Prepared) -> Plan:
    """The order of rows and the number of steps, from lengths and seed alone."""
    schedule = prepared.recipe.schedule
    rows: Sequence[Sized] = prepared.rows
    steps = total_steps(len(rows), schedule)
    lengths = [row.size for row in rows]
    batches = steps * schedule.gradient_accumulation
    order = batch_order(lengths, schedule.batch_size, batches, prepared.recipe.seed)
    width = len(order) // steps
    seen, tokens_at = 0, []
    for step in range(steps):
        seen += sum(lengths[row] for row in order[step * width : (step + 1) * width])
        tokens_at.append(seen)
    return Plan(rows, prepared.held_out, order, steps, tokens_at)
