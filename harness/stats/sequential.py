"""Means of bounded values that were watched while they were sampled: evidence that holds whenever one stops.

A bettor stakes a share of a capital of 1 on each sample against the claim "the true mean is at most m". If the claim
is true, the chance that the capital ever reaches 1/a is at most a (Ville 1939), however often and for whatever reason
one looks. So 1 over the largest capital at any look is a p-value, and the means that it does not refute are a
confidence sequence: it covers the true mean at all looks at once.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import special, stats

from harness.records import Interval
from harness.stats.estimates import Estimate, estimate_kind, smallest_size
from harness.stats.power import POWER

METHOD = "betting confidence sequence"
_BETTORS = 64
#: Shares of the capital that the bettors stake: the midpoints of the arcsine law, dense near 0 (for small differences
#: or noisy values) and near 1 (for values that hardly vary).
STAKES = np.sin(np.pi * (np.arange(_BETTORS) + 0.5) / (2 * _BETTORS)) ** 2


def log_capital(values: np.ndarray, counts: np.ndarray, mean: float) -> np.ndarray:
    """Logarithm of the capital that was won against "the true mean is at most ``mean``".

    The bettors of `STAKES` start with equal parts of the capital and keep their stakes: K = mean over f of
    prod over i of (1 + f (x_i / mean - 1)). It depends on how often each value was seen, not on the order, and falls
    as ``mean`` grows, so that what is not refuted is an interval.

    Args:
        values: Shape ``(v,)``, in [0, 1].
        counts: Shape ``(looks, v)``: how often each value had been seen by each look.
        mean: In (0, 1).

    Returns:
        Shape ``(looks,)``.

    Source: Waudby-Smith and Ramdas (2024), JRSS B 86:1, the grid-Kelly capital process; the arcsine weights are Cover
    and Ordentlich's (1996), IEEE Transactions on Information Theory 42:348.
    """
    won = np.log1p(STAKES[:, None] * (values / mean - 1)) @ counts.T
    best = won.max(axis=0)
    return np.asarray(best + np.log(np.exp(won - best).mean(axis=0)))


@estimate_kind("betting")
@dataclass(frozen=True)
class Betting(Estimate):
    """The mean of bounded values, known from looks at a growing sample.

    The values are independent draws from one population, as those of a fixed sample are: taking a task's samples in
    random order and stopping early does not change that. The mean is the population's, not that of the task's samples.

    Attributes:
        low, high: What every value lies between.
        looks: At each look, the values that were new and how often each was seen, ascending.
        complete: Whether the whole task was sampled in the end.
    """

    low: float
    high: float
    looks: tuple[tuple[tuple[float, int], ...], ...]
    complete: bool = False

    def __post_init__(self) -> None:
        seen = [value for look in self.looks for value, count in look if count > 0]
        if not seen or not self.low <= min(seen) <= max(seen) <= self.high:
            raise ValueError(f"values must be given, and lie between {self.low} and {self.high}")

    @classmethod
    def watched(
        cls, values: np.ndarray, look: np.ndarray, low: float, high: float, *, complete: bool = False
    ) -> "Betting":
        """From the values, shape ``(n,)``, and the number of the look at which each was new, shape ``(n,)``."""
        batches = (values[look == number] for number in range(int(np.max(look)) + 1))
        return cls(low, high, tuple(tuple(sorted(Counter(batch.tolist()).items())) for batch in batches), complete)

    @property
    def limits(self) -> tuple[float | None, float | None]:
        return self.low, self.high

    @property
    def value(self) -> float:
        levels, counts = self._seen
        return float(levels @ counts[-1] / self.size)

    @property
    def size(self) -> int:
        return int(self._seen[1][-1].sum())

    @property
    def standard_error(self) -> float:
        """Of the mean of a sample of this size; stopping early is not in it."""
        levels, counts = self._seen
        variance = float((levels - self.value) ** 2 @ counts[-1] / self.size)
        return math.sqrt(max(variance, (self.high - self.low) ** 2 / (4 * self.size)) / self.size)

    def interval(self, level: float = 0.95) -> Interval:
        tail = (1 - level) / 2
        low = _last_refuted(lambda bound: self.p_at_most(bound) <= tail, self.low, self.high)
        high = _last_refuted(lambda bound: self.p_at_least(bound) <= tail, self.high, self.low)
        return Interval(low=min(low, self.value), high=max(high, self.value), level=level, method=METHOD)

    def decisive_interval(self, level: float = 0.95) -> Interval:
        return self.interval(level)

    def p_at_most(self, bound: float) -> float:
        return _p_value(*self._scaled, (bound - self.low) / (self.high - self.low))

    def p_at_least(self, bound: float) -> float:
        levels, counts = self._scaled
        return _p_value(1 - levels, counts, (self.high - bound) / (self.high - self.low))

    def samples_needed(self, bound: float, *, confidence: float = 0.95, power: float = POWER) -> int | None:
        levels, counts = self._scaled
        shares, mean = counts[-1] / self.size, (bound - self.low) / (self.high - self.low)
        if not 0 < mean < 1:
            return None
        goal = -math.log(1 - confidence)
        # A wager won most of the time: the expected gain less as many standard deviations as the power asks for.
        wagers = [_gains(levels, shares, mean), _gains(1 - levels, shares, 1 - mean)]
        z = float(stats.norm.ppf(power))

        def decided(n: int) -> bool:
            won = [special.logsumexp(n * gain - z * math.sqrt(n) * spread) for gain, spread in wagers]
            return max(won) - math.log(_BETTORS) >= goal

        size = smallest_size(decided, self.size + 1)
        return size - self.size if size else None

    def minimum_detectable(self, level: float = 0.95, power: float = POWER) -> float | None:
        """None: a sample that ends when it has shown enough has no size to plan for."""
        return None

    def fields(self) -> dict[str, Any]:
        looks = [{repr(value): count for value, count in look} for look in self.looks]
        return {"low": self.low, "high": self.high, "looks": looks, "complete": self.complete}

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> "Betting":
        looks = (tuple(sorted((float(value), int(count)) for value, count in look.items())) for look in fields["looks"])
        return cls(float(fields["low"]), float(fields["high"]), tuple(looks), bool(fields["complete"]))

    @cached_property
    def _seen(self) -> tuple[np.ndarray, np.ndarray]:
        """Every value, shape ``(v,)``, and how often it had been seen by each look, shape ``(looks, v)``."""
        levels = np.array(sorted({value for look in self.looks for value, _ in look}))
        place = {value: i for i, value in enumerate(levels.tolist())}
        counts = np.zeros((len(self.looks), len(levels)))
        for row, look in zip(counts, self.looks, strict=True):
            for value, count in look:
                row[place[value]] += count
        return levels, counts.cumsum(axis=0)

    @cached_property
    def _scaled(self) -> tuple[np.ndarray, np.ndarray]:
        levels, counts = self._seen
        return (levels - self.low) / (self.high - self.low), counts


def _p_value(values: np.ndarray, counts: np.ndarray, mean: float) -> float:
    """Of "the true mean is at most ``mean``", for values in [0, 1]."""
    if mean >= 1:
        return 1.0
    if mean <= 0:
        return 1.0 if mean == 0 and not np.any(values > 0) else 0.0
    return math.exp(-max(0.0, float(log_capital(values, counts, mean).max())))


def _gains(values: np.ndarray, shares: np.ndarray, mean: float) -> tuple[np.ndarray, np.ndarray]:
    """What each bettor's logarithm of capital gains with one sample: mean and standard deviation, shape ``(f,)``."""
    won = np.log1p(STAKES[:, None] * (values / mean - 1))
    gain = won @ shares
    return gain, np.sqrt(np.maximum((won - gain[:, None]) ** 2 @ shares, 0.0))


def _last_refuted(refuted: Callable[[float], bool], outer: float, inner: float) -> float:
    """Where bounds stop being refuted on the way from one end of the scale to the other, seen from outside."""
    if not refuted(outer + (inner - outer) * 1e-9):
        return outer
    for _ in range(30):
        middle = (outer + inner) / 2
        outer, inner = (middle, inner) if refuted(middle) else (outer, middle)
    return outer
