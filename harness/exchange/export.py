"""A run's figures in the forms of other tools."""

from collections.abc import Iterator, Mapping
from typing import Any

from harness.records import Figure, InputError, Results, nearest


def model_index(results: Results, model: str, library: str = "peft") -> dict[str, Any]:
    """The front matter of a Hugging Face model card: every figure of a model as an evaluation result.

    Raises:
        InputError: the run has no such model, or it was refused.
    """
    row = next((row for row in results.models if row.name == model and row.status == "evaluated"), None)
    if row is None:
        known = [row.name for row in results.models if row.status == "evaluated"]
        raise InputError(f"no evaluated model {model!r}", mend=nearest(model, known))
    tasks: dict[str, list[dict[str, Any]]] = {}
    for figure in _figures(results, model):
        details: dict[str, Any] = {"n": figure.samples}
        if figure.interval:
            details |= {"interval": [figure.interval.low, figure.interval.high], "level": figure.interval.level}
        metric = {"type": figure.metric, "name": figure.metric, "value": figure.value, "args": details}
        tasks.setdefault(figure.task, []).append(metric)
    fingerprints = {task.name: task.fingerprint for task in results.tasks}
    found = [
        {"task": {"type": "text-generation", "name": name},
         "dataset": {"name": name, "type": name, "revision": fingerprints[name]}, "metrics": metrics}
        for name, metrics in tasks.items()
    ]  # fmt: skip
    card: dict[str, Any] = {"library_name": library, "model-index": [{"name": model, "results": found}]}
    return card if row.base == "reference" else {"base_model": row.base, **card}


def lm_eval_results(results: Results, model: str) -> dict[str, Any]:
    """The ``results`` part of lm-evaluation-harness' result file: task to ``metric,filter`` to value.

    Raises:
        InputError: the run has no such model.
    """
    tasks: dict[str, dict[str, Any]] = {}
    better: dict[str, dict[str, bool]] = {}
    for figure in _figures(results, model):
        name = figure.metric if "," in figure.metric else f"{figure.metric},none"
        tasks.setdefault(figure.task, {"alias": figure.task, "sample_len": figure.samples})[name] = figure.value
        better.setdefault(figure.task, {})[figure.metric.split(",")[0]] = figure.greater_is_better
    if not tasks:
        raise InputError(f"no figures of a model {model!r}", mend=nearest(model, [row.name for row in results.models]))
    return {"results": tasks, "higher_is_better": better, "model_name": model, "config": {"model": model},
            "task_hashes": {task.name: task.fingerprint for task in results.tasks if task.name in tasks}}  # fmt: skip


def tracked(results: Results, model: str) -> Mapping[str, float]:
    """Figures as a tracker logs them: ``task/metric`` to value, with ``task/metric.low`` and ``.high``."""
    flat: dict[str, float] = {}
    for figure in _figures(results, model):
        flat[f"{figure.task}/{figure.metric}"] = float(figure.value or 0.0)
        if figure.interval:
            flat[f"{figure.task}/{figure.metric}.low"] = figure.interval.low
            flat[f"{figure.task}/{figure.metric}.high"] = figure.interval.high
    return flat


def _figures(results: Results, model: str) -> Iterator[Figure]:
    return (figure for figure in results.figures if figure.model == model and figure.value is not None)
