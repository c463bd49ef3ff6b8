"""The contract of an estimate: a figure or difference with its sampling distribution, small enough for a JSON file.

A gate decides from these alone, without the samples.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

from harness.records import InputError, Interval
from harness.stats.power import POWER, minimum_detectable_effect, samples_to_decide


class Estimate(ABC):
    """A value, what is known of its error, and tests of bounds on its true value.

    Attributes:
        kind: The name of the class within JSON.
        complete: Whether it rests on every sample that there was to take.
    """

    kind: ClassVar[str]
    complete: bool = True

    @property
    def limits(self) -> tuple[float | None, float | None]:
        """The smallest and largest value possible, None where there is none."""
        return None, None

    @property
    @abstractmethod
    def value(self) -> float:
        """The figure itself."""

    @property
    @abstractmethod
    def size(self) -> int:
        """Independent units behind the value: samples, pairs or clusters."""

    @property
    @abstractmethod
    def standard_error(self) -> float:
        """Of the value; never zero for rates, whose smoothing keeps a sample without events from seeming certain."""

    @abstractmethod
    def interval(self, level: float = 0.95) -> Interval:
        """The interval for tables: its coverage is right on average."""

    @abstractmethod
    def decisive_interval(self, level: float = 0.95) -> Interval:
        """The interval that agrees with the p-values: a bound outside is rejected one-sided at ``(1 - level) / 2``."""

    @abstractmethod
    def p_at_most(self, bound: float) -> float:
        """One-sided p-value of "the true value is at most ``bound``"; small means that it lies above."""

    @abstractmethod
    def p_at_least(self, bound: float) -> float:
        """One-sided p-value of "the true value is at least ``bound``"; small means that it lies below."""

    @abstractmethod
    def fields(self) -> dict[str, Any]:
        """What ``__init__`` takes, as JSON values."""

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> "Estimate":
        return cls(**fields)

    def samples_needed(self, bound: float, *, confidence: float = 0.95, power: float = POWER) -> int | None:
        """About how many more samples would tell the value from ``bound``; None where no number would."""
        return samples_to_decide(self.size, self.standard_error, self.value - bound, confidence=confidence, power=power)

    def minimum_detectable(self, level: float = 0.95, power: float = POWER) -> float | None:
        """The smallest true effect found at this size, see `harness.stats.power`; None where no size was planned."""
        return minimum_detectable_effect(self.standard_error, level=level, power=power)

    def p_equivalent(self, margin: float) -> float:
        """p-value of "the true value is at least ``margin`` away from zero" (two one-sided tests, Schuirmann 1987)."""
        return max(self.p_at_most(-margin), self.p_at_least(margin))

    def p_no_difference(self) -> float:
        """Two-sided p-value of "the true value is zero"."""
        return min(1.0, 2 * min(self.p_at_most(0.0), self.p_at_least(0.0)))

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, **self.fields()}


_KINDS: dict[str, type[Estimate]] = {}
AnyEstimate = TypeVar("AnyEstimate", bound=type[Estimate])


def estimate_kind(name: str) -> Callable[[AnyEstimate], AnyEstimate]:
    """Class decorator: the name under which an estimate is written to JSON and found again."""

    def keep(estimate: AnyEstimate) -> AnyEstimate:
        estimate.kind = name
        _KINDS[name] = estimate
        return estimate

    return keep


def estimate_from_json(value: Mapping[str, Any]) -> Estimate:
    """The estimate that `Estimate.to_json` wrote.

    Raises:
        InputError: it is of no known kind, or its fields are not right.
    """
    fields = dict(value)
    kind = fields.pop("kind", None)
    if kind not in _KINDS:
        raise InputError(f"an estimate of kind {kind!r} cannot be read", mend=f"known: {', '.join(sorted(_KINDS))}")
    try:
        return _KINDS[kind].from_fields(fields)
    except (TypeError, ValueError, KeyError) as error:
        raise InputError(f"an estimate of kind {kind!r} is damaged ({error})", mend="compare again") from None


def smallest_size(decided: Callable[[int], bool], start: int, limit: int = 10_000_000) -> int | None:
    """The smallest size from ``start`` on at which ``decided`` holds (it keeps holding); None beyond ``limit``."""
    high = max(1, start)
    while not decided(high):
        high *= 2
        if high > limit:
            return None
    low = start
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if decided(middle) else (middle + 1, high)
    return high
