"""The contract of a metric, and the registry that finds one by name.

A metric splits into *statistics per sample* and *a figure from their sum*, so that the figure, every per-sample
value and every bootstrap resample come from the same few lines (the idea is sacrebleu's).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, TypeVar

import numpy as np

from harness.records import InputError, Response, Score, nearest


class Metric(ABC):
    """One figure of a task.

    A subclass takes its options as keyword arguments of ``__init__``; ``labels`` (the task's closed set of answers,
    possibly empty) is always offered to it.

    Attributes:
        name: The name a task asks for it by; an instance may carry another one, for its figure.
        greater_is_better: Whether a larger figure is a better model.
        is_rate: The figure is the mean of values that are 0 or 1: exact methods for proportions apply.
        is_check: Its outcomes are pass and fail; the figure is the share that *failed*.
        is_external: Its scores come with the run, not from the responses; they cannot be measured again.
        isolation: The sandbox level that it demands because it runs what the model wrote (empty: any that contains
            code); None where it runs nothing.
    """

    name: str
    greater_is_better: bool = True
    is_rate: bool = False
    is_check: bool = False
    is_external: bool = False
    isolation: str | None = None

    @property
    def bounds(self) -> tuple[float, float] | None:
        """What every sample's value lies between, where the figure is their mean; None where nothing is promised.

        A rule on such a figure can be decided while samples are still being taken.
        """
        return (0.0, 1.0) if self.is_rate else None

    @property
    @abstractmethod
    def signature(self) -> str:
        """Exactly how the figure is computed: ``name|option:value|...|library:version``."""

    @abstractmethod
    def measure(self, responses: Sequence[Response]) -> list[Score]:
        """Judge each response. All scores of a metric have statistics of equal length.

        Returns:
            One score a response, in order.
        """

    @abstractmethod
    def aggregate(self, sums: np.ndarray) -> np.ndarray:
        """The figure from summed statistics.

        Args:
            sums: Shape ``(..., width)``: the sum of the samples' statistics; leading axes are resamples.

        Returns:
            Shape ``(...)``. NaN where no sample took part.
        """

    def breakdown(self, sums: np.ndarray) -> dict[str, float]:
        """Parts of the figure by name (``f1[spam]``), from summed statistics of shape ``(width,)``."""
        return {}


class MeanMetric(Metric):
    """A metric whose figure is the mean of its samples' values. Statistics are ``(value, 1)``."""

    def aggregate(self, sums: np.ndarray) -> np.ndarray:
        sums = np.asarray(sums, dtype=float)
        with np.errstate(invalid="ignore", divide="ignore"):
            return sums[..., 0] / sums[..., 1]


class DerivedMetric(Metric):
    """A metric that is made from another one's scores, so that what both need is measured once.

    Attributes:
        source: The other metric.
        repeats_needed: Generations of each sample without which there is no figure.
    """

    source: Metric
    repeats_needed: int = 1

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        return self.derive(responses, self.source.measure(responses))

    @abstractmethod
    def derive(self, responses: Sequence[Response], scores: Sequence[Score]) -> list[Score]:
        """Judge each response.

        Args:
            scores: The source's, in the same order.
        """


class Check(MeanMetric):
    """A metric whose outcomes are pass and fail; its figure is the share of judged samples that failed."""

    greater_is_better = False
    is_rate = True
    is_check = True

    def __init__(self, *, labels: Sequence[str] = ()) -> None:
        pass


_REGISTRY: dict[str, type[Metric]] = {}
_OWN_FAMILIES = (
    "classification",
    "text",
    "rouge",
    "semantic",
    "likelihood",
    "lm_eval",
    "parity",
    "safety",
    "code",
    "execution",
    "instructions",
    "repeated",
    "leakage",
    "imported",
    "contaminated",
    "foreign",
)
AnyMetric = TypeVar("AnyMetric", bound=type[Metric])


def register(name: str) -> Callable[[AnyMetric], AnyMetric]:
    """Class decorator that makes a metric known under ``name``."""

    def keep(metric: AnyMetric) -> AnyMetric:
        metric.name = name
        _REGISTRY[name] = metric
        return metric

    return keep


def known_metrics() -> dict[str, type[Metric]]:
    """All metrics by name: the house's own families and those of installed packages (``harness.metrics``)."""
    _load_families()
    return _REGISTRY


@cache
def _load_families() -> None:
    for family in _OWN_FAMILIES:
        import_module(f"harness.metrics.{family}")
    for entry in entry_points(group="harness.metrics"):
        entry.load()


def build_metric(spec: str | Mapping[str, Any], labels: Sequence[str] = ()) -> Metric:
    """A metric from a task's ``metrics:`` entry: a name, or a mapping with ``name`` and its options.

    Raises:
        InputError: the metric is unknown or refuses an option.
    """
    options = {"name": spec} if isinstance(spec, str) else dict(spec)
    name = str(options.pop("name", ""))
    known: Mapping[str, Callable[..., Metric]] = known_metrics()
    if name not in known:
        raise InputError(f"unknown metric {name!r}", mend=nearest(name, list(known)))
    try:
        return known[name](labels=tuple(labels), **options)
    except TypeError as error:
        raise InputError(f"metric {name!r} does not take these options ({error})") from None
