"""Estimates of any figure that is a function of summed statistics, by the bootstrap: of one model, or paired."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from harness.records import Interval
from harness.stats.confidence import ConfidenceDistribution
from harness.stats.estimates import Estimate, estimate_kind
from harness.stats.power import POWER
from harness.stats.resampling import REPLICATES, Aggregate, bootstrap_sums, cluster_sums, leave_one_out_sums

#: With fewer units than this that differ at all, resamples hardly vary and say nothing of what was not drawn.
FEW_MOVED = 5


@estimate_kind("bootstrapped")
@dataclass(frozen=True)
class Bootstrapped(Estimate):
    """A figure or a paired difference with its BCa confidence distribution.

    Attributes:
        distribution: See `ConfidenceDistribution`.
        error: Standard deviation of the replicates.
        moved: Units that differ: between the models, or, for one model's figure, from the commonest statistics.
        scale: About how much one unit's share can add to the figure if it goes entirely wrong.
    """

    distribution: ConfidenceDistribution
    error: float
    moved: int
    scale: float

    @property
    def value(self) -> float:
        return self.distribution.value

    @property
    def size(self) -> int:
        return self.distribution.units

    @property
    def standard_error(self) -> float:
        """Not below what one unseen moved unit would make of it."""
        return max(self.error, self.scale / self.size / math.sqrt(self.size))

    def interval(self, level: float = 0.95) -> Interval:
        low, high = (self.distribution.quantile(p) for p in (0.5 - level / 2, 0.5 + level / 2))
        return Interval(
            low=min(low, self.value), high=max(high, self.value), level=level, method="bootstrap BCa, small-sample t"
        )

    def decisive_interval(self, level: float = 0.95) -> Interval:
        interval = self.interval(level)
        if self.moved >= FEW_MOVED:
            return interval
        unseen = self.scale * float(stats.beta.isf((1 - level) / 2, self.moved + 1, max(1, self.size - self.moved)))
        low, high = min(interval.low, self.value - unseen), max(interval.high, self.value + unseen)
        return Interval(
            low=low, high=high, level=level, method=f"{interval.method}, widened: {self.moved} units differ"
        )

    def p_at_most(self, bound: float) -> float:
        return max(self.distribution.below(bound, ties="high"), self._unseen(self.value - bound))

    def p_at_least(self, bound: float) -> float:
        return max(1 - self.distribution.below(bound, ties="low"), self._unseen(bound - self.value))

    def _unseen(self, distance: float) -> float:
        """p-value of a truth this far away although so few units differ: binomial, each unit worth ``scale``."""
        if self.moved >= FEW_MOVED:
            return 0.0
        share = min(1.0, max(0.0, distance) / self.scale)
        return float(stats.binom.cdf(self.moved, self.size, share))

    def samples_needed(self, bound: float, *, confidence: float = 0.95, power: float = POWER) -> int | None:
        """See `Estimate.samples_needed`; where few units differ, also as many as rule out the unseen ones."""
        more = super().samples_needed(bound, confidence=confidence, power=power)
        if more is None or not self.scale:
            return more
        share, size = min(1.0, abs(self.value - bound) / self.scale), self.size + more
        while (moved := self.moved * size // self.size) < FEW_MOVED:
            if stats.binom.cdf(moved, size, share) <= 1 - confidence:
                break
            size += 1 + size // 50
        return size - self.size

    def fields(self) -> dict[str, Any]:
        d = self.distribution
        return {
            "value": d.value,
            "units": d.units,
            "error": self.error,
            "moved": self.moved,
            "scale": self.scale,
            "bias": d.bias,
            "acceleration": d.acceleration,
            "quantiles": [float(f"{q:.9g}") for q in d.quantiles],
        }

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> "Bootstrapped":
        names = ("value", "quantiles", "bias", "acceleration", "units")
        distribution = ConfidenceDistribution(*(fields[name] for name in names))
        return cls(distribution, fields["error"], fields["moved"], fields["scale"])


def bootstrap_figure(
    statistics: np.ndarray,
    aggregate: Aggregate,
    *,
    clusters: np.ndarray | None = None,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Bootstrapped | None:
    """One model's figure.

    Args:
        statistics: Shape ``(n, k)``, one row a sample.
        aggregate: From sums of shape ``(..., k)`` to figures of shape ``(...)``.
        clusters: Shape ``(n,)``: samples of one source are resampled together.

    Returns:
        None where the figure is not a number.
    """
    rows = _rows(statistics, clusters)
    value = float(aggregate(rows.sum(axis=0)))
    if not math.isfinite(value):
        return None
    drawn = aggregate(bootstrap_sums(rows, replicates=replicates, seed=seed))
    jackknife = aggregate(leave_one_out_sums(rows))
    # Clusters of unequal size differ in their sums and yet may all say the same.
    moved = min(_unlike_most(rows), _unlike_most(np.round(jackknife / max(1.0, abs(value)), 12)))
    return _estimate(value, drawn, jackknife, moved, max(1.0, abs(value)))


def bootstrap_difference(
    candidate: np.ndarray,
    reference: np.ndarray,
    aggregate: Aggregate,
    *,
    clusters: np.ndarray | None = None,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Bootstrapped | None:
    """Candidate minus reference, both resampled together; arguments as in `bootstrap_figure`, row by row in pairs."""
    if np.shape(candidate) != np.shape(reference):
        raise ValueError(f"shapes {np.shape(candidate)} and {np.shape(reference)}: rows must be pairs")
    width = np.shape(candidate)[1]
    rows = _rows(np.hstack([candidate, reference]), clusters)

    def difference(sums: np.ndarray) -> np.ndarray:
        return np.asarray(aggregate(sums[..., :width]) - aggregate(sums[..., width:]))

    total = rows.sum(axis=0)
    value = float(difference(total))
    if not math.isfinite(value):
        return None
    drawn = difference(bootstrap_sums(rows, replicates=replicates, seed=seed))
    moved = int(np.sum(np.any(rows[:, :width] != rows[:, width:], axis=1)))
    scale = max(1.0, abs(float(aggregate(total[:width]))), abs(float(aggregate(total[width:]))))
    return _estimate(value, drawn, difference(leave_one_out_sums(rows)), moved, scale)


def _rows(statistics: np.ndarray, clusters: np.ndarray | None) -> np.ndarray:
    rows = np.asarray(statistics, dtype=float)
    return rows if clusters is None else cluster_sums(rows, clusters)


def _unlike_most(rows: np.ndarray) -> int:
    """How many rows differ from the commonest one."""
    _, counts = np.unique(rows, axis=0, return_counts=True)
    return len(rows) - int(counts.max())


def _estimate(value: float, drawn: np.ndarray, jackknife: np.ndarray, moved: int, scale: float) -> Bootstrapped:
    usable = drawn[np.isfinite(drawn)]
    if len(usable) == 0:
        usable = np.full(1, value)
    error = float(usable.std())
    return Bootstrapped(ConfidenceDistribution.from_replicates(value, usable, jackknife), error, moved, scale)
