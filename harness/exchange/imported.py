"""A run made of what another tool measured: its samples and per-sample values in this house's tables."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness import __version__
from harness.metrics import build_metric
from harness.records import Answer, InputError, Outcome, Response, Sample, Score
from harness.records.answer import Generation
from harness.records.hashing import content_hash
from harness.runs import SAMPLES, SCORES, Run, sample_row, score_rows, write_json, write_table


@dataclass(frozen=True)
class ImportedSample:
    """One sample as one model answered it; ``values`` holds its value under each metric, None where not judged."""

    key: str
    prompt: str
    target: str
    said: str
    values: Mapping[str, float | None]
    document: Mapping[str, Any] = field(default_factory=dict)
    repetition: int = 0


@dataclass(frozen=True)
class ImportedTask:
    """One task of one model.

    Attributes:
        version: What makes its prompts, data and metrics; equal where figures may be compared.
        metrics: Name to whether greater is better, the main one first.
        left_out: Figures that could not be taken over, each with the reason.
    """

    name: str
    version: str
    metrics: Mapping[str, bool]
    samples: Sequence[ImportedSample]
    left_out: Mapping[str, str]


@dataclass(frozen=True)
class ImportedModel:
    """One model with its tasks. ``reference`` is what the tool called it."""

    name: str
    reference: str
    source: str
    tasks: Sequence[ImportedTask]


def together(models: Sequence[ImportedModel]) -> list[ImportedModel]:
    """Models of one name as one model with the tasks of all."""
    found: dict[str, ImportedModel] = {}
    for model in models:
        known = found.get(model.name)
        found[model.name] = replace(known, tasks=[*known.tasks, *model.tasks]) if known else model
    return list(found.values())


def write_imported(models: Sequence[ImportedModel], out: Path) -> Run:
    """Write a run folder with the tasks that all models share; the first model is base and baseline.

    Raises:
        InputError: the folder is not empty, models share a name or no task, or were asked a task in unlike versions.
    """
    _check(models, out)
    tasks = _shared(models)
    run = Run(out)
    try:
        entries = [_write_task(run, [(model, _task(model, name)) for model in models]) for name in tasks]
        write_json(run.manifest_path, _manifest(models, entries, out.name))
    except BaseException:
        shutil.rmtree(out, ignore_errors=True)  # half a run would look like a whole one
        raise
    return run


def _check(models: Sequence[ImportedModel], out: Path) -> None:
    names = [model.name for model in models]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"two models are called {name!r}", mend="name them: NAME=PATH")
    if out.exists() and any(out.iterdir()):
        raise InputError("is not empty", where=str(out), mend="name another folder with --out")


def _shared(models: Sequence[ImportedModel]) -> list[str]:
    common = [task.name for task in models[0].tasks if all(any(t.name == task.name for t in m.tasks) for m in models)]
    if not common:
        raise InputError("the results have no task in common", mend="evaluate the same tasks for all models")
    for name in common:
        versions = {_task(model, name).version for model in models}
        if len(versions) > 1:
            raise InputError(
                f"task {name!r}: prompts, data or version differ between the results",
                mend="evaluate all models with the same task and limit",
            )
    return common


def _task(model: ImportedModel, name: str) -> ImportedTask:
    return next(task for task in model.tasks if task.name == name)


def _write_task(run: Run, found: Sequence[tuple[ImportedModel, ImportedTask]]) -> dict[str, Any]:
    first = found[0][1]
    names = [name for name in first.metrics if all(name in task.metrics for _, task in found)]
    if not names:
        raise InputError(f"task {first.name!r}: no figure that all results have sample by sample")
    values = {name: {s.values.get(name) for _, task in found for s in task.samples} for name in names}
    specs = [
        {"name": "imported", "figure": name, "source": found[0][0].source, "rate": values[name] <= {0.0, 1.0, None},
         "greater_is_better": first.metrics[name]}
        for name in names
    ]  # fmt: skip
    samples: list[dict[str, Any]] = []
    scores: list[dict[str, Any]] = []
    for model, task in found:
        pairs = [(_response(task.name, one), one) for one in task.samples]
        samples += [sample_row(model.name, response) for response, _ in pairs]
        for name in names:
            judged = [(response, _score(one.values.get(name))) for response, one in pairs]
            scores += score_rows(task.name, model.name, name, judged)
    write_table(run.samples_folder / f"{first.name}.parquet", samples, SAMPLES)
    write_table(run.scores_folder / f"{first.name}.parquet", scores, SCORES)
    for spec in specs:
        build_metric(spec)
    return {
        "name": first.name, "version": 1, "description": f"imported from {found[0][0].source}", "tags": ["imported"],
        "fingerprint": content_hash({"version": first.version, "metrics": names}),
        "samples": len({sample.key for sample in first.samples}), "definition": {"labels": [], "metrics": specs},
    }  # fmt: skip


def _response(task: str, one: ImportedSample) -> Response:
    sample = Sample(task, one.key, one.prompt, (one.target,), document=one.document)
    answer = Answer(generation=Generation(one.said, 0, "stop"))
    return Response(sample, answer, one.said, one.repetition)


def _score(value: float | None) -> Score:
    if value is None:
        return Score(Outcome.UNSCORABLE, None, (0.0, 0.0))
    return Score(Outcome.SCORED, value, (value, 1.0))


def _manifest(models: Sequence[ImportedModel], tasks: list[dict[str, Any]], name: str) -> dict[str, Any]:
    rows = [
        {"name": model.name, "base": model.reference, "adapter": None, "status": "evaluated", "reason": "",
         "fingerprint": content_hash({"source": model.source, "reference": model.reference, "name": model.name})}
        for model in models
    ]  # fmt: skip
    left_out = {m.name: {t.name: dict(t.left_out) for t in m.tasks if t.left_out} for m in models}
    return {
        "state": "complete",
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "harness": __version__,
        # What follows from a suite in other runs: the engine is one whose models are known by name alone.
        "suite": {"suite": name, "seed": 0, "gate": [], "engine": {"kind": "replay"}},
        "base_name": models[0].name,
        "baseline_name": models[0].name,
        "models": rows,
        "tasks": tasks,
        "imported_from": sorted({model.source for model in models}),
        "left_out": {name: tasks for name, tasks in left_out.items() if tasks},
    }
