"""Estimates of proportions: of one model (`Rate`), and of two models on the same samples (`PairedRates`)."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy import stats

from harness.records import Interval
from harness.stats.estimates import Estimate, estimate_kind, smallest_size
from harness.stats.paired_proportions import mcnemar_exact, paired_exact_p, tango_interval, tango_statistic
from harness.stats.power import POWER
from harness.stats.proportions import binomial_p_values, clopper_pearson_interval, wilson_interval


@estimate_kind("rate")
@dataclass(frozen=True)
class Rate(Estimate):
    """``successes`` of ``trials`` samples have value 1. Tables show Wilson's interval; tests are exact."""

    successes: int
    trials: int
    limits: ClassVar[tuple[float | None, float | None]] = (0.0, 1.0)

    def __post_init__(self) -> None:
        if not 0 <= self.successes <= self.trials or self.trials < 1:
            raise ValueError(f"{self.successes} of {self.trials} is no rate")

    @property
    def value(self) -> float:
        return self.successes / self.trials

    @property
    def size(self) -> int:
        return self.trials

    @property
    def standard_error(self) -> float:
        smoothed = (self.successes + 1) / (self.trials + 2)
        return math.sqrt(smoothed * (1 - smoothed) / self.trials)

    def interval(self, level: float = 0.95) -> Interval:
        low, high = wilson_interval(self.successes, self.trials, level)
        return Interval(low=low, high=high, level=level, method="Wilson")

    def decisive_interval(self, level: float = 0.95) -> Interval:
        low, high = clopper_pearson_interval(self.successes, self.trials, level)
        return Interval(low=low, high=high, level=level, method="Clopper-Pearson")

    def p_at_most(self, bound: float) -> float:
        return binomial_p_values(self.successes, self.trials, bound)[0]

    def p_at_least(self, bound: float) -> float:
        return binomial_p_values(self.successes, self.trials, bound)[1]

    def samples_needed(self, bound: float, *, confidence: float = 0.95, power: float = POWER) -> int | None:
        certain = self.successes in (0, self.trials) and 0 < bound < 1
        if not certain:
            return super().samples_needed(bound, confidence=confidence, power=power)
        # Without a single event the normal error means nothing: how long must it go on like this?
        against = 1 - bound if self.successes == 0 else bound
        return max(1, math.ceil(math.log(1 - confidence) / math.log(against)) - self.trials)

    def fields(self) -> dict[str, Any]:
        return {"successes": self.successes, "trials": self.trials}


@estimate_kind("paired_rates")
@dataclass(frozen=True)
class PairedRates(Estimate):
    """Candidate minus reference: of ``pairs`` samples ``rose`` went from 0 to 1 and ``fell`` from 1 to 0.

    Tables show Tango's score interval; tests are exact (McNemar for no difference, else `paired_exact_p`).
    """

    pairs: int
    rose: int
    fell: int
    limits: ClassVar[tuple[float | None, float | None]] = (-1.0, 1.0)

    def __post_init__(self) -> None:
        if self.pairs < 1 or min(self.rose, self.fell) < 0 or self.rose + self.fell > self.pairs:
            raise ValueError(f"{self.rose} risen and {self.fell} fallen of {self.pairs} pairs cannot be")

    @property
    def value(self) -> float:
        return (self.rose - self.fell) / self.pairs

    @property
    def size(self) -> int:
        return self.pairs

    @property
    def standard_error(self) -> float:
        share = (self.rose + self.fell + 1) / (self.pairs + 1)
        return math.sqrt(max(share - self.value**2, share / self.pairs) / self.pairs)

    def interval(self, level: float = 0.95) -> Interval:
        low, high = tango_interval(self.pairs, self.rose, self.fell, level)
        return Interval(low=low, high=high, level=level, method="Tango score")

    def decisive_interval(self, level: float = 0.95) -> Interval:
        tail, near = (1 - level) / 2, self.interval(level)
        grain = 1 / self.pairs
        low = _outer_end(lambda bound: self.p_at_most(bound) > tail, self.value, near.low, -1.0, grain)
        high = _outer_end(lambda bound: self.p_at_least(bound) > tail, self.value, near.high, 1.0, grain)
        return Interval(low=low, high=high, level=level, method="exact unconditional, score-ordered")

    def p_at_most(self, bound: float) -> float:
        return paired_exact_p(self.pairs, self.rose, self.fell, bound)

    def p_at_least(self, bound: float) -> float:
        return paired_exact_p(self.pairs, self.fell, self.rose, -bound)

    def p_score(self, bound: float) -> tuple[float, float]:
        """Tango's asymptotic p-values of "at most" and "at least ``bound``", for comparison with other software."""
        z = float(tango_statistic(self.pairs, np.array(self.rose), np.array(self.fell), bound))
        return float(stats.norm.sf(z)), float(stats.norm.cdf(z))

    def p_no_difference(self) -> float:
        return mcnemar_exact(self.rose, self.fell)

    def samples_needed(self, bound: float, *, confidence: float = 0.95, power: float = POWER) -> int | None:
        if self.rose or self.fell or bound == 0:
            return super().samples_needed(bound, confidence=confidence, power=power)
        size = smallest_size(lambda n: paired_exact_p(n, 0, 0, -abs(bound)) <= 1 - confidence, self.pairs + 1, 100_000)
        return size - self.pairs if size else None

    def fields(self) -> dict[str, Any]:
        return {"pairs": self.pairs, "rose": self.rose, "fell": self.fell}


def _outer_end(credible: Callable[[float], bool], value: float, guess: float, limit: float, grain: float) -> float:
    """Where bounds stop being credible on the way from the estimate to the end of the scale, searched near a guess.

    Args:
        grain: The step of the counts. p-values of counts jump back within one step as the bound moves out, and
            bounds that are credible again beyond a gap belong to the interval.
    """
    side = -1.0 if limit < 0 else 1.0
    inner, outer = value, guess
    step = max(1e-3, abs(guess - value) / 8)
    while credible(outer):
        if outer == limit:
            return limit
        inner, outer = outer, side * min(1.0, side * (outer + side * step))
        step *= 2
    if inner == value and credible(guess - side * step):
        inner = guess - side * step
    while abs(outer - inner) > 2e-5:
        middle = (inner + outer) / 2
        inner, outer = (middle, outer) if credible(middle) else (inner, middle)
    for steps in (1.0, 0.75, 0.5, 0.25):
        beyond = side * min(1.0, side * (outer + side * steps * grain))
        if beyond != outer and credible(beyond):
            return _outer_end(credible, value, beyond, limit, grain)
    return outer
