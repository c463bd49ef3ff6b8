"""Bootstrap and permutation of summed statistics: every metric's figure is a function of a sum over samples.

One process, no loop over resamples; the same seed gives the same numbers on every machine.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

REPLICATES = 10_000
#: More samples than this are summed in as many random groups, which are then resampled: the variance of a sum of
#: independent samples is the same, known to 1 %, and time and memory stay bounded.
MAX_UNITS = 4096
_CHUNK = 500

Aggregate = Callable[[np.ndarray], np.ndarray]


def cluster_sums(statistics: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Sum the rows that share a source, so that sources are resampled instead of samples.

    Args:
        statistics: Shape ``(n, k)``.
        clusters: Shape ``(n,)``: the source of each row.

    Returns:
        Shape ``(number of sources, k)``.
    """
    _, index = np.unique(np.asarray(clusters), return_inverse=True)
    return _sum_by(np.asarray(statistics, dtype=float), index)


def bootstrap_sums(statistics: np.ndarray, *, replicates: int = REPLICATES, seed: int = 0) -> np.ndarray:
    """Sums over bootstrap resamples of the rows.

    Args:
        statistics: Shape ``(n, k)``; for a paired comparison both models' statistics side by side.

    Returns:
        Shape ``(replicates, k)``.

    Source: Efron (1979); resampling of sufficient statistics as in sacrebleu's ``PairedTest``.
    """
    units = _units(statistics, seed)
    return _weighted(_bootstrap_counts(len(units), replicates, seed), units)


def leave_one_out_sums(statistics: np.ndarray) -> np.ndarray:
    """Sums over all rows but one, shape ``(n, k)``: the jackknife of any figure."""
    rows = np.asarray(statistics, dtype=float)
    return rows.sum(axis=0) - rows


@dataclass(frozen=True, slots=True)
class PermutationTest:
    """The observed difference and its two-sided p-value."""

    difference: float
    p_value: float


def paired_permutation_test(
    candidate: np.ndarray, reference: np.ndarray, aggregate: Aggregate, *, rounds: int = REPLICATES, seed: int = 0
) -> PermutationTest:
    """Exchange the two models' statistics of random samples and see how often the difference is as large.

    Args:
        candidate, reference: Shape ``(n, k)``, row by row the same samples.
        aggregate: From sums of shape ``(..., k)`` to figures of shape ``(...)``.

    Returns:
        The p-value counts the observed arrangement too, so it is never below ``1 / (rounds + 1)``.

    Source: Fisher (1935); for corpus metrics Riezler and Maxwell (2005), "approximate randomization".
    """
    a, b = np.asarray(candidate, dtype=float), np.asarray(reference, dtype=float)
    total_a, total_b = a.sum(axis=0), b.sum(axis=0)
    observed = float(aggregate(total_a) - aggregate(total_b))
    moved = _weighted(_swaps(min(len(a), MAX_UNITS), rounds, seed), _units(b - a, seed))
    differences = aggregate(total_a + moved) - aggregate(total_b - moved)
    differences = differences[np.isfinite(differences)]
    # Sums in another order differ in the last bits; an equal difference must count as one.
    slack = 1e-9 * max(1.0, abs(observed))
    extreme = int(np.sum(np.abs(differences) >= abs(observed) - slack))
    return PermutationTest(observed, (extreme + 1) / (len(differences) + 1))


def _units(statistics: np.ndarray, seed: int) -> np.ndarray:
    rows = np.asarray(statistics, dtype=float)
    if rows.ndim != 2 or len(rows) == 0:
        raise ValueError(f"statistics of shape {rows.shape}: need (n, k) with n >= 1")
    if len(rows) <= MAX_UNITS:
        return rows
    groups = np.random.default_rng([seed, len(rows)]).permutation(len(rows)) % MAX_UNITS
    return _sum_by(rows, groups)


def _sum_by(rows: np.ndarray, index: np.ndarray) -> np.ndarray:
    order = np.argsort(index, kind="stable")
    starts = np.flatnonzero(np.diff(index[order], prepend=-1))
    return np.add.reduceat(rows[order], starts, axis=0)


@lru_cache(maxsize=2)
def _bootstrap_counts(units: int, replicates: int, seed: int) -> np.ndarray:
    """How often each unit is drawn in each replicate; kept, because the metrics of a task share it."""
    rng = np.random.default_rng([seed, units, replicates])
    counts = np.empty((replicates, units), dtype=np.uint8)
    for rows in _chunks(replicates):
        size = rows.stop - rows.start
        drawn = rng.integers(0, units, size=(size, units)) + units * np.arange(size)[:, None]
        counts[rows] = np.bincount(drawn.ravel(), minlength=size * units).reshape(size, units)
    return counts


@lru_cache(maxsize=2)
def _swaps(units: int, rounds: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng([seed, units, rounds, 1])
    return rng.integers(0, 2, size=(rounds, units), dtype=np.uint8)


def _weighted(weights: np.ndarray, units: np.ndarray) -> np.ndarray:
    sums = np.empty((len(weights), units.shape[1]))
    for rows in _chunks(len(weights)):
        sums[rows] = weights[rows].astype(float) @ units
    return sums


def _chunks(length: int) -> Iterator[slice]:
    return (slice(start, min(start + _CHUNK, length)) for start in range(0, length, _CHUNK))
