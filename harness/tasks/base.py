"""The contract of a task, whatever format it was written in: samples, requests, and what is read from the answers."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from harness.metrics import DerivedMetric, Metric, build_metric
from harness.records import Answer, InputError, Request, Response, Sample, content_hash
from harness.tasks.build import tell_apart
from harness.tasks.definition import Definition
from harness.tasks.files import Row


class Task(ABC):
    """One task. Data and metrics are loaded when first asked for.

    Args:
        definition: What its file says.
        path: That file.
    """

    definition: Definition
    output: str

    def __init__(self, definition: Definition, path: Path) -> None:
        self.definition = definition
        self.path = path
        self.name = definition.task
        self.version = definition.version
        self.description = definition.description
        self.tags = tuple(definition.tags)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {str(self.path)!r})"

    @cached_property
    def metrics(self) -> list[Metric]:
        """The task's metrics, the main one first.

        Raises:
            InputError: one is unknown, refuses an option or needs more generations, or two give figures of one name.
        """
        where = f"{self.path} metrics"
        try:
            metrics = [build_metric(spec, labels=self.definition.labels) for spec in self.definition.metrics]
        except InputError as error:
            raise InputError(error.what, where=where, mend=error.mend) from None
        for metric in metrics:
            if isinstance(metric, DerivedMetric) and metric.repeats_needed > self.repeats:
                raise InputError(
                    f"{metric.name} needs {metric.repeats_needed} generations of each sample, here: {self.repeats}",
                    where=where,
                    mend=f"set generation.repeats to {metric.repeats_needed} or more, and a temperature",
                )
        for name, count in Counter(metric.name for metric in metrics).items():
            if count > 1:
                mend = "figures are told apart by name: keep one, or measure the other in a task of its own"
                raise InputError(f"metric {name!r} stands {count} times", where=where, mend=mend)
        return metrics

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """Hash of everything a figure depends on: prompts, data, generation settings, filters, metrics."""

    @property
    def repeats(self) -> int:
        """How many times each sample is put to a model."""
        return 1

    @property
    @abstractmethod
    def rows(self) -> list[Row]:
        """The rows of data, each with its file and line."""

    @abstractmethod
    def builder(self) -> Callable[[Row], Sample]:
        """What makes samples of the rows, one by one and in their order.

        Raises:
            InputError: there are too few few-shot examples.
        """

    @cached_property
    def _all_samples(self) -> list[Sample]:
        build = self.builder()
        return tell_apart([build(row) for row in self.rows])

    def samples(self, limit: int | None = None, seed: int = 0) -> list[Sample]:
        """The task's samples.

        Args:
            limit: Take this many at random. A larger limit with the same seed adds to a smaller one's samples.
            seed: Of that choice, which depends on the samples' content and not on their order.

        Returns:
            All samples in the order of the data, or the chosen ones in the order of the draw.

        Raises:
            InputError: the data cannot be read, or a row is wrong; with file and line.
        """
        if limit is None:
            return list(self._all_samples)
        ranked = sorted(self._all_samples, key=lambda sample: content_hash([seed, sample.key]))
        return ranked[:limit]

    @abstractmethod
    def requests(self, sample: Sample, model: str, seed: int = 0, repetition: int = 0) -> list[Request]:
        """What is asked of ``model`` for one sample.

        Args:
            seed: Of the run; sampled generations derive theirs from it, the task, the sample and the repetition.
            repetition: Number of this generation of the sample, from 0 to below ``repeats``.
        """

    @abstractmethod
    def response(self, sample: Sample, answers: list[Answer], repetition: int = 0) -> Response:
        """What metrics judge: the filtered text, or the likeliest choice (by total log-likelihood; ties: the first)."""
