"""A task of the house's own format: its definition, samples, requests, and what is read from the answers."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

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
from harness.tasks.base import Task
from harness.tasks.border import continuation
from harness.tasks.build import SampleBuilder
from harness.tasks.definition import TaskDefinition
from harness.tasks.files import Row
from harness.tasks.filters import apply_filters
from harness.tasks.sources import Part, load_rows

#: What a definition says about the task without changing what is measured.
_NOT_MEASURED = {"description", "tags", "license", "data", "metrics"}


class PackTask(Task):
    """A task of the house's own format: a task.yaml, its data beside it or on the hub."""

    definition: TaskDefinition

    def __init__(self, definition: TaskDefinition, path: Path) -> None:
        super().__init__(definition, path)
        self.output = definition.output

    @classmethod
    def read(cls, path: Path) -> "PackTask":
        """The task of a task.yaml; its data paths are read relative to its folder.

        Raises:
            InputError: naming file, line and what is wrong.
        """
        return cls(read_document(path, TaskDefinition), path)

    @cached_property
    def fingerprint(self) -> str:
        measured = self.definition.model_dump(mode="json", exclude=_NOT_MEASURED)
        data = [sorted(content_hash(row.values) for row in rows) for rows in (self.rows, self.fewshot_rows)]
        return content_hash([measured, data, [metric.signature for metric in self.metrics]])

    @cached_property
    def rows(self) -> list[Row]:
        return self._load("test")

    @cached_property
    def fewshot_rows(self) -> list[Row]:
        """The rows that few-shot examples are drawn from; empty where the task uses none."""
        if not self.definition.fewshot.count:
            return []
        return self._load("fewshot")

    def _load(self, part: Part) -> list[Row]:
        try:
            return load_rows(self.definition.data, self.path.parent, part)
        except InputError as error:
            if self.definition.data.hub is None:
                raise
            # A tag of a suite names tasks that its author never wrote down.
            where, mend = f"task {self.name}: {error.where}", f"{error.mend}; or leave the task out"
            raise InputError(error.what, where=where, mend=mend) from None

    @property
    def repeats(self) -> int:
        return self.definition.generation.repeats

    def builder(self) -> Callable[[Row], Sample]:
        return SampleBuilder(self.definition, self.fewshot_rows).build

    def requests(self, sample: Sample, model: str, seed: int = 0, repetition: int = 0) -> list[Request]:
        if self.output == "generate":
            return [Request(model, Kind.GENERATE, sample.prompt, decoding=self._decoding(sample, seed, repetition))]
        if self.output == "perplexity":
            return [Request(model, Kind.ROLLING, sample.prompt)]
        texts = sample.choices or (sample.target,)
        scored = tuple(continuation(sample.prompt, text) for text in texts)
        return [Request(model, Kind.LOGLIKELIHOOD, sample.prompt, continuations=scored)]

    def response(self, sample: Sample, answers: list[Answer], repetition: int = 0) -> Response:
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
