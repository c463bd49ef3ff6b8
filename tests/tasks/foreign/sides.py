"""One task file run twice on the same model: by lm-evaluation-harness, and by the house."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from harness.engines import Encoder, Engine, EngineSettings
from harness.engines.transformers import TransformersEngine
from harness.metrics import Metric
from harness.models import resolve_base
from harness.models.base import Model
from harness.records import Answer, Kind, Request, Response
from harness.tasks import find_tasks

#: A context and what is scored after it; a text to generate from, or to score whole, has no second part.
Asked = tuple[str, ...]


@dataclass
class Side:
    """What one harness asked and found, sample by sample in the order of the data."""

    asked: list[list[Asked]]
    scores: dict[str, list[Any]]
    figures: dict[str, float]


def write_task(folder: Path, rows: Sequence[dict[str, Any]], name: str = "own", **keys: Any) -> Path:
    """A task file with its rows beside it, in one split ``test`` unless ``splits`` gives more."""
    splits = {"test": rows, **keys.pop("splits", {})}
    files = {}
    for split, some in splits.items():
        path = folder / f"{name}_{split}.jsonl"
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in some), encoding="utf-8")
        files[split] = str(path)
    task = {"task": name, "dataset_path": "json", "dataset_name": None, "test_split": "test"}
    task |= {"dataset_kwargs": {"data_files": files}} | keys
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(task, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return folder / f"{name}.yaml"


def theirs(model: Any, path: Path) -> Side:
    """The task as lm-evaluation-harness runs it."""
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    manager = TaskManager(include_defaults=False)
    found = simple_evaluate(model, tasks=[str(path)], task_manager=manager, log_samples=True, bootstrap_iters=0)
    (task,) = found["samples"]
    pipelines = list(dict.fromkeys(row["filter"] for row in found["samples"][task]))
    side = Side([], {}, {})
    for pipeline in pipelines:
        rows = sorted((r for r in found["samples"][task] if r["filter"] == pipeline), key=lambda r: r["doc_id"])
        side.asked = [[_arguments(one) for one in row["arguments"]] for row in rows]
        for metric in rows[0]["metrics"]:
            figure = f"{metric},{pipeline}" if len(pipelines) > 1 else metric
            side.scores[figure] = [row[metric] for row in rows]
            side.figures[figure] = float(found["results"][task][f"{metric},{pipeline}"])
    return side


def _arguments(arguments: Sequence[Any]) -> Asked:
    return tuple(one for one in arguments if isinstance(one, str))


@dataclass
class House:
    """An engine over one model."""

    engine: Engine

    @classmethod
    def open(cls, folder: Path) -> "House":
        base = resolve_base(str(folder))
        settings = EngineSettings(device="cpu", dtype="float32")
        return cls(TransformersEngine(settings, [Model("base", base)], Encoder.load(base.folder)))

    def logprobs(self, text: str) -> tuple[float, ...]:
        """Log-probabilities of a text's tokens."""
        return self._answers([Request("base", Kind.ROLLING, text)])[0].likelihoods[0].per_token

    def _answers(self, requests: list[Request]) -> list[Answer]:
        found = {request: answer for batch in self.engine.answer(requests) for request, answer in batch}
        return [found[request] for request in requests]

    def ours(self, path: Path) -> Side:
        """The task as the house runs it."""
        (task,) = find_tasks([str(path)], folder=path.parent)
        samples = task.samples()
        requests = [task.requests(sample, "base") for sample in samples]
        answers = iter(self._answers([one for some in requests for one in some]))
        responses = [
            task.response(sample, [next(answers) for _ in some]) for sample, some in zip(samples, requests, strict=True)
        ]
        side = Side([[asked for one in some for asked in _of_request(one)] for some in requests], {}, {})
        for metric in task.metrics:
            side.scores[metric.name], side.figures[metric.name] = _measured(metric, responses)
        return side


def _of_request(request: Any) -> list[Asked]:
    if request.kind is not Kind.LOGLIKELIHOOD:
        return [(request.prompt,)]
    return [(request.prompt, continuation) for continuation in request.continuations]


def _measured(metric: Metric, responses: list[Response]) -> tuple[list[float], float]:
    scores = metric.measure(responses)
    figure = float(metric.aggregate(np.array([score.statistics for score in scores]).sum(0)))
    return [score.value for score in scores], figure


def assert_equal(there: Side, here: Side) -> None:
    """Prompts equal byte for byte, scores to float32's rounding, and figures that follow from them."""
    joined = [["".join(one) for one in some] for some in there.asked]
    assert [["".join(one) for one in some] for some in here.asked] == joined
    assert [[one[0].rstrip() for one in some] for some in here.asked] == [
        [one[0].rstrip() for one in some] for some in there.asked
    ]
    assert set(here.figures) == set(there.figures)
    for name, scores in there.scores.items():
        assert here.figures[name] == pytest.approx(there.figures[name], rel=2e-5, abs=1e-9), name
        if isinstance(scores[0], int | float) and name != "perplexity":
            assert here.scores[name] == scores, name
