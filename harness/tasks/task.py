"""A task: its definition, samples, requests, and what is read from the answers."""

from functools import cached_property
from pathlib import Path

from harness.metrics import DerivedMetric, Metric, build_metric
from harness.records import (
    Answer,
    Decoding,
    InputError,
    Kind,
    Request,
    Response,
    RunError,
    Sample,
    content_hash,
    read_document,
)
from harness.tasks.border import continuation
from harness.tasks.build import SampleBuilder, tell_apart
from harness.tasks.definition import TaskDefinition
from harness.tasks.files import Row
from harness.tasks.filters import apply_filters
from harness.tasks.sources import load_rows

#: What a definition says about the task without changing what is measured.
_NOT_MEASURED = {"description", "tags", "license", "data", "metrics"}


class Task:
    """One task. Data and metrics are loaded when first asked for.

    Args:
        definition: What its task.yaml says.
        path: That file; data paths are read relative to its folder.
    """

    def __init__(self, definition: TaskDefinition, path: Path) -> None:
        self.definition = definition
        self.path = path
        self.name = definition.task
        self.version = definition.version
        self.description = definition.description
        self.tags = tuple(definition.tags)
        self.output = definition.output

    @classmethod
    def read(cls, path: Path) -> "Task":
        """The task of a task.yaml.

        Raises:
            InputError: naming file, line and what is wrong.
        """
        return cls(read_document(path, TaskDefinition), path)

    def __repr__(self) -> str:
        return f"Task({self.name!r}, {str(self.path)!r})"

    @cached_property
    def metrics(self) -> list[Metric]:
        """The task's metrics, the main one first."""
        try:
            metrics = [build_metric(spec, labels=self.definition.labels) for spec in self.definition.metrics]
        except InputError as error:
            raise InputError(error.what, where=f"{self.path} metrics", mend=error.mend) from None
        for metric in metrics:
            if isinstance(metric, DerivedMetric) and metric.repeats_needed > self.repeats:
                raise InputError(
                    f"{metric.name} needs {metric.repeats_needed} generations of each sample, here: {self.repeats}",
                    where=f"{self.path} metrics",
                    mend=f"set generation.repeats to {metric.repeats_needed} or more, and a temperature",
                )
        return metrics

    @cached_property
    def fingerprint(self) -> str:
        """Hash of everything a figure depends on: prompts, data, generation settings, filters, metrics."""
        measured = self.definition.model_dump(mode="json", exclude=_NOT_MEASURED)
        data = [sorted(content_hash(row.values) for row in rows) for rows in (self.rows, self.fewshot_rows)]
        return content_hash([measured, data, [metric.signature for metric in self.metrics]])

    @cached_property
    def rows(self) -> list[Row]:
        """The rows of data, each with its file and line."""
        return load_rows(self.definition.data, self.path.parent)

    @cached_property
    def fewshot_rows(self) -> list[Row]:
        """The rows that few-shot examples are drawn from; empty where the task uses none."""
        if not self.definition.fewshot.count:
            return []
        return load_rows(self.definition.data, self.path.parent, "fewshot")

    @cached_property
    def _all_samples(self) -> list[Sample]:
        builder = SampleBuilder(self.definition, self.fewshot_rows)
        return tell_apart([builder.build(row) for row in self.rows])

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

    @property
    def repeats(self) -> int:
        """How many times each sample is put to a model."""
        return self.definition.generation.repeats

    def requests(self, sample: Sample, model: str, seed: int = 0, repetition: int = 0) -> list[Request]:
        """What is asked of ``model`` for one sample.

        Args:
            seed: Of the run; sampled generations derive theirs from it, the task, the sample and the repetition.
            repetition: Number of this generation of the sample, from 0 to below ``repeats``.
        """
        if self.output == "generate":
            return [Request(model, Kind.GENERATE, sample.prompt, decoding=self._decoding(sample, seed, repetition))]
        if self.output == "perplexity":
            return [Request(model, Kind.ROLLING, sample.prompt)]
        texts = sample.choices or (sample.target,)
        scored = tuple(continuation(sample.prompt, text) for text in texts)
        return [Request(model, Kind.LOGLIKELIHOOD, sample.prompt, continuations=scored)]

    def response(self, sample: Sample, answers: list[Answer], repetition: int = 0) -> Response:
        """What metrics judge: the filtered text, or the likeliest choice (by total log-likelihood; ties: the first)."""
        (answer,) = answers
        if self.output == "generate":
            if answer.generation is None:
                raise RunError("the engine gave no text", where=f"{self.name} {sample.key}")
            filters, labels = self.definition.filters, self.definition.labels
            return Response(sample, answer, apply_filters(answer.generation.text, filters, labels), repetition)
        if self.output == "multiple_choice":
            totals = [one.total for one in answer.likelihoods]
            if len(totals) != len(sample.choices):
                raise RunError("the engine did not score every choice", where=f"{self.name} {sample.key}")
            return Response(sample, answer, sample.choices[totals.index(max(totals))])
        return Response(sample, answer, None)

    def _decoding(self, sample: Sample, seed: int, repetition: int) -> Decoding:
        settings = self.definition.generation
        own_seed = None
        if settings.temperature:
            own_seed = int(content_hash([seed, self.name, sample.key, repetition]), 16) % 2**31
        return Decoding(
            max_tokens=settings.max_tokens,
            stop=tuple(settings.stop),
            temperature=settings.temperature,
            top_p=settings.top_p,
            top_k=settings.top_k,
            seed=own_seed,
        )
