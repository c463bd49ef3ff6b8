"""What is put to base and tuned model: samples of old tasks with right and wrong answers, and general text."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.metrics import DerivedMetric, Metric
from harness.records import Answer, InputError, Request, Response, Sample, content_hash
from harness.tasks import Task, find_tasks
from harness.tasks.definition import FileOptions
from harness.tasks.files import read_rows
from harness.training.forgetting.settings import Forgetting

#: Characters of a text that are read; enough for the base to settle into it, few enough to be asked often.
TEXT_LENGTH = 2_000
_MAX_BYTES = 64_000_000


@dataclass(frozen=True)
class Probe:
    """A task whose every answer is right or wrong, the metric that says so, and the samples that are asked."""

    task: Task
    metric: Metric
    samples: Sequence[Sample]

    @property
    def generates(self) -> bool:
        """Whether its answers are text."""
        return self.task.output == "generate"

    @property
    def clusters(self) -> list[str] | None:
        """The source of each sample, where samples share sources."""
        if all(sample.cluster is None for sample in self.samples):
            return None
        return [f"{self.task.name} {sample.cluster or sample.key}" for sample in self.samples]

    def requests(self, model: str) -> list[list[Request]]:
        """What is asked of a model, for each sample."""
        return [self.task.requests(sample, model) for sample in self.samples]

    def right(self, answers: Sequence[Sequence[Answer]]) -> np.ndarray:
        """Which samples were answered right, shape ``(samples,)``. What cannot be judged is not right."""
        responses: list[Response] = [
            self.task.response(sample, list(given)) for sample, given in zip(self.samples, answers, strict=True)
        ]
        statistics = np.array([score.statistics for score in self.metric.measure(responses)], dtype=float)
        return np.nan_to_num(np.asarray(self.metric.aggregate(statistics), dtype=float)) > 0.5


def find_probes(settings: Forgetting, folder: Path) -> list[Probe]:
    """The probes of a recipe.

    A tag or pattern stands for those of its tasks that can be probes. A task named by itself must be one.

    Args:
        folder: What relative paths start from.

    Raises:
        InputError: a selector names no task that can be a probe, or a task's data cannot be read.
    """
    where = "forgetting.probes"
    found: dict[str, Probe] = {}
    for selector in settings.probes:
        try:
            tasks = find_tasks([selector], folder=folder)
        except InputError as error:
            raise InputError(error.what, where=f"{where}, {error.where}".rstrip(", "), mend=error.mend) from None
        probes = [
            Probe(task, metric, task.samples(settings.samples))
            for task in tasks
            if (metric := _metric(task)) is not None
        ]
        if not probes:
            raise InputError(
                f"{selector!r} holds no task whose answers are right or wrong",
                where=where,
                mend="a probe has a metric such as accuracy or exact_match; general text goes under forgetting.text",
            )
        found |= {probe.task.name: probe for probe in probes}
    return list(found.values())


def _metric(task: Task) -> Metric | None:
    """The first metric that says of each sample whether it was answered right, without running what was written."""
    if task.output not in ("generate", "multiple_choice"):
        return None
    fitting = (
        metric for metric in task.metrics
        if metric.is_rate and metric.greater_is_better and not metric.is_check and not metric.is_external
        and metric.isolation is None and not isinstance(metric, DerivedMetric)
    )  # fmt: skip
    return next(fitting, None)


def find_texts(settings: Forgetting, folder: Path) -> list[str]:
    """General texts, each cut to `TEXT_LENGTH` characters: as many as there are samples, chosen by their content.

    Raises:
        InputError: there is no such file or perplexity task, or nothing to read in it.
    """
    path = folder / settings.text
    texts = _of_file(path) if path.is_file() else _of_task(settings.text, folder)
    unique = {content_hash([0, text]): text for one in texts if (text := one.strip()[:TEXT_LENGTH])}
    if not unique:
        raise InputError("holds no text", where=f"forgetting.text: {settings.text}", mend="name another one")
    return [unique[key] for key in sorted(unique)][: settings.samples]


def _of_file(path: Path) -> list[str]:
    if path.stat().st_size > _MAX_BYTES:
        raise InputError(
            f"holds more than {_MAX_BYTES // 1_000_000} MB, of which little would be read",
            where=str(path),
            mend="give a part of it",
        )
    rows = read_rows([path], FileOptions())
    for row in rows:
        if not isinstance(row.values.get("text"), str):
            raise InputError("has no column 'text'", where=row.where, mend="name the column of the texts 'text'")
    return [row.values["text"] for row in rows]


def _of_task(selector: str, folder: Path) -> list[str]:
    where = "forgetting.text"
    try:
        tasks = find_tasks([selector], folder=folder)
    except InputError as error:
        mend = f"{error.mend}; or name a file that exists" if error.mend else "name a file that exists"
        raise InputError(f"neither a file nor a task: {error.what}", where=where, mend=mend) from None
    if any(task.output != "perplexity" for task in tasks):
        raise InputError(f"{selector!r} is no text for perplexity", where=where, mend="name a file, or world_text")
    return [str(sample.prompt) for task in tasks for sample in task.samples()]
