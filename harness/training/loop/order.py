"""Which rows make which batch, fixed before the first step by the seed alone, so that a resumed run takes the same."""

import math
from collections.abc import Sequence

import numpy as np

from harness.training.recipes.sections import Schedule

#: Batches among which rows are sorted by length: enough to save most padding, few enough to stay well mixed.
POOL = 32


def total_steps(rows: int, rows_a_step: int, schedule: Schedule) -> int:
    """Optimiser steps of a training."""
    if schedule.max_steps is not None:
        return schedule.max_steps
    epochs = 3.0 if schedule.epochs is None else schedule.epochs
    return max(1, math.ceil(epochs * rows / rows_a_step))


def batch_order(lengths: Sequence[int], batch_size: int, batches: int, seed: int) -> list[int]:
    """Row numbers in the order they are learned; each ``batch_size`` of them are one batch of similar lengths.

    Passes over the data follow one another without a gap, so that every batch is full.
    """
    needed = batches * batch_size
    generator = np.random.default_rng(seed)
    passes = [generator.permutation(len(lengths)) for _ in range(math.ceil(needed / len(lengths)))]
    stream = np.concatenate(passes)[:needed]
    sizes = np.asarray(lengths)
    ordered: list[int] = []
    # A pool no larger than the data, so that a row hardly ever meets itself in a batch.
    width = batch_size * max(1, min(POOL, len(lengths) // batch_size))
    for start in range(0, needed, width):
        pool = stream[start : start + width]
        pool = pool[np.argsort(sizes[pool], kind="stable")]
        groups = pool.reshape(-1, batch_size)
        ordered.extend(int(row) for row in groups[generator.permutation(len(groups))].ravel())
    return ordered
