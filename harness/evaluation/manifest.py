"""The manifest: what ran, with what, on what. The only file of a run that knows the time."""

import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType
from typing import Any

from harness import __version__
from harness.evaluation.candidates import Candidates
from harness.evaluation.isolation import isolation
from harness.evaluation.liveness import Pulse
from harness.evaluation.plan import Plan
from harness.evaluation.suite import Suite
from harness.tasks import Task
from harness.training.curves import training_summary

_PACKAGES = (
    "torch",
    "transformers",
    "peft",
    "vllm",
    "sacrebleu",
    "rouge-score",
    "scikit-learn",
    "sentence-transformers",
)


def manifest(
    suite: Suite,
    tasks: Sequence[Task],
    candidates: Candidates,
    plan: Plan,
    pulses: Mapping[str, Pulse] = MappingProxyType({}),
    probes: Sequence[dict[str, Any]] = (),
    engine: dict[str, Any] | None = None,
    taken: Mapping[str, dict[str, Any]] = MappingProxyType({}),
    *,
    state: str,
) -> dict[str, Any]:
    """The manifest as a JSON-like value; ``state`` is ``running`` or ``complete``."""
    return {
        "state": state,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "harness": __version__,
        "suite": suite.model_dump(mode="json"),
        "base_name": suite.base_name,
        "baseline_name": suite.baseline_name,
        "models": [row.model_dump(mode="json") for row in candidates.rows],
        "tasks": [*(_task(task, plan, taken.get(task.name, {})) for task in tasks), *probes],
        "training": {
            model.name: summary
            for model in candidates.models
            if model.adapter and (summary := training_summary(model.adapter.folder))
        },
        "liveness": {name: pulse.to_json() for name, pulse in pulses.items()},
        "engine": engine,
        "requests": len(plan.requests),
        "sandbox": isolation(tasks),
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "packages": {name: found for name in _PACKAGES if (found := _version(name))},
    }


def _task(task: Task, plan: Plan, taken: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": task.name,
        "version": task.version,
        "description": task.description,
        "tags": list(task.tags),
        "fingerprint": task.fingerprint,
        "samples": len({question.sample.key for question in plan.questions if question.task is task}),
        "definition": task.definition.model_dump(mode="json"),
        **taken,
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
