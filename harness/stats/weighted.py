"""The estimate of a weighted sum of independent figures: the mean over several tasks, each with its own samples."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.records import Interval
from harness.stats.estimates import Estimate, estimate_from_json, estimate_kind

#: p-values smaller than this are given as this: normal tails are not known further out.
_SMALLEST = 1e-6


@estimate_kind("weighted_sum")
@dataclass(frozen=True)
class WeightedSum(Estimate):
    """``sum(weight * part)``, its interval made from the parts' own intervals.

    The distance from the value to each end is the root of the summed squares of the parts' distances, so that a score
    interval of each part (Wilson, Tango) keeps the sum's right where rates lie at the ends of their scale.

    Source: Zou and Donner (2008), Statistics in Medicine 27:1693 (MOVER, the method of variance estimates recovery).

    Attributes:
        parts: Independent of each other, at least one.
        weights: One a part.
    """

    parts: tuple[Estimate, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.parts or len(self.parts) != len(self.weights):
            raise ValueError(f"{len(self.parts)} parts and {len(self.weights)} weights")

    @classmethod
    def mean(cls, parts: tuple[Estimate, ...], scales: tuple[float, ...] = ()) -> "WeightedSum":
        """The mean of the parts, each multiplied by its scale first (1 if left out)."""
        return cls(parts, tuple(scale / len(parts) for scale in scales or (1.0,) * len(parts)))

    @property
    def limits(self) -> tuple[float | None, float | None]:
        low, high = 0.0, 0.0
        for part, weight in zip(self.parts, self.weights, strict=True):
            least, most = part.limits
            if least is None or most is None:
                return None, None
            low, high = low + min(weight * least, weight * most), high + max(weight * least, weight * most)
        return low, high

    @property
    def value(self) -> float:
        return sum(w * part.value for part, w in zip(self.parts, self.weights, strict=True))

    @property
    def size(self) -> int:
        return sum(part.size for part in self.parts)

    @property
    def standard_error(self) -> float:
        return math.hypot(*(w * part.standard_error for part, w in zip(self.parts, self.weights, strict=True)))

    def interval(self, level: float = 0.95) -> Interval:
        below, above = self._reach(level)
        methods = " and ".join(dict.fromkeys(part.interval(level).method for part in self.parts))
        return Interval(low=self.value - below, high=self.value + above, level=level, method=f"MOVER of {methods}")

    def decisive_interval(self, level: float = 0.95) -> Interval:
        return self.interval(level)

    def p_at_most(self, bound: float) -> float:
        return self._tail(bound, lambda level: self.value - self._reach(level)[0] <= bound, self.value > bound)

    def p_at_least(self, bound: float) -> float:
        return self._tail(bound, lambda level: self.value + self._reach(level)[1] >= bound, self.value < bound)

    def fields(self) -> dict[str, Any]:
        return {"parts": [part.to_json() for part in self.parts], "weights": list(self.weights)}

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> "WeightedSum":
        parts = tuple(estimate_from_json(part) for part in fields["parts"])
        return cls(parts, tuple(float(weight) for weight in fields["weights"]))

    def _reach(self, level: float) -> tuple[float, float]:
        """How far the interval goes below and above the value."""
        below, above = 0.0, 0.0
        for part, weight in zip(self.parts, self.weights, strict=True):
            interval, value = part.interval(level), part.value
            down, up = weight * (value - interval.low), weight * (interval.high - value)
            if weight < 0:
                down, up = -up, -down
            below, above = math.hypot(below, down), math.hypot(above, up)
        return below, above

    def _tail(self, bound: float, credible: Callable[[float], bool], rejects: bool) -> float:
        """The error rate at which a one-sided interval first leaves the bound out; by bisection."""
        if not rejects:
            # The bound lies on the side that the hypothesis allows: by symmetry, what the other test leaves.
            if self.value == bound:
                return 0.5
            return 1.0 - (self.p_at_least(bound) if self.value < bound else self.p_at_most(bound))
        low, high = _SMALLEST, 0.5
        if not credible(1 - 2 * low):
            return low
        for _ in range(24):
            middle = math.sqrt(low * high)
            low, high = (middle, high) if credible(1 - 2 * middle) else (low, middle)
        return high
