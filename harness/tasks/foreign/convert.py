"""A task of lm-evaluation-harness as a pack of the house's own format, where both ask and judge exactly the same."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import regex

from harness.metrics.lm_eval import INVALID
from harness.records import InputError, Request
from harness.tasks.foreign.config import LmEvalConfig
from harness.tasks.foreign.data import BUILDERS
from harness.tasks.foreign.task import LmEvalTask
from harness.tasks.scaffold import write_pack
from harness.tasks.task import PackTask

_METRICS: dict[str, dict[str, str | dict[str, Any]]] = {
    "multiple_choice": {
        "acc": "accuracy",
        "acc_norm": "accuracy_norm",
        "acc_bytes": {"name": "accuracy_norm", "by": "bytes"},
        "brier_score": "brier",
    },
    "loglikelihood": {"acc": "greedy_accuracy", "perplexity": "target_perplexity"},
}
_FILTERS = {"remove_whitespace": ["strip"], "lowercase": ["lower"], "take_first": []}


def import_task(task: LmEvalTask, parent: Path) -> Path:
    """Write a task as a pack of its own: its requests and references are the task's, sample by sample.

    Returns:
        The pack's folder, named as the task.

    Raises:
        InputError: the data is not here, so that nothing can be compared; or the task cannot be expressed exactly,
            naming what stands in the way; or the folder exists.
    """
    reasons = [*_obstacles(task.config), *_metric_obstacles(task), *_filter_obstacles(task.config)]
    if reasons:
        raise _refusal(task, "; ".join(reasons))
    definition = _definition(task)
    rows = [row.values for row in task.rows] if task.config.dataset_path in BUILDERS else None
    about = f"Imported from the lm-evaluation-harness task {task.path.name}, version {task.version}."
    with tempfile.TemporaryDirectory() as scratch:
        try:
            json.dumps(rows)
            trial = write_pack(Path(scratch) / task.name, definition, rows, about)
            difference = _difference(task, PackTask.read(trial / "task.yaml"))
        except (InputError, TypeError) as error:
            raise _refusal(task, error.what if isinstance(error, InputError) else str(error)) from None
    if difference:
        raise _refusal(task, difference)
    return write_pack(parent / task.name, definition, rows, about)


def _refusal(task: LmEvalTask, reasons: str) -> InputError:
    what = f"task {task.name!r} cannot be written as a pack that is exactly the same: {reasons}"
    return InputError(what, where=str(task.path), mend="name this file in the suite instead: it runs as it is")


def _obstacles(config: LmEvalConfig) -> Iterator[str]:
    """What the house's format says otherwise, or not at all."""
    if any("!function" in str(value) for value in (config.process_docs, config.doc_to_text, config.doc_to_target)):
        yield "it uses Python"
    if config.shots:
        yield "num_fewshot: few-shot examples are drawn in another order here"
    if config.gen_prefix is not None:
        yield "gen_prefix has no counterpart"
    if isinstance(config.doc_to_text, int) or isinstance(config.doc_to_target, list | dict):
        yield "doc_to_text or doc_to_target is no text"
    if config.output_type == "generate_until" and config.doc_to_choice is not None:
        yield "doc_to_choice has no counterpart in a generation"
    if not str(config.version).removesuffix(".0").isdecimal():
        yield f"metadata.version {config.version!r} is no whole number"


def _metric_obstacles(task: LmEvalTask) -> Iterator[str]:
    known = _METRICS.get(task.config.output_type)
    names = [spec["metric"] for spec in _specs(task)]
    for name in names:
        if known is not None and name not in known:
            yield f"metric {name} has no counterpart"
    if {"acc_norm", "acc_bytes"} <= set(names):
        yield "acc_norm and acc_bytes are one metric with two settings here"


def _filter_obstacles(config: LmEvalConfig) -> Iterator[str]:
    pipelines = config.filter_list or []
    if len(pipelines) > 1:
        yield f"filter_list has {len(pipelines)} pipelines, a pack has one"
    for step in pipelines[0].filter if pipelines else []:
        if _filter(step) is None:
            yield f"filter {step['function']} as it is used here has no counterpart"


def _definition(task: LmEvalTask) -> dict[str, Any]:
    config, columns = task.config, list(task.rows[0].values)
    samples = task.samples()
    asked = config.doc_to_target if task.output == "perplexity" else config.doc_to_text
    definition: dict[str, Any] = {
        "task": task.name,
        "version": int(float(config.version)),
        "description": f"Imported from lm-evaluation-harness: {config.task}.",
        "tags": list(task.tags),
        "data": _data(config),
        "output": task.output,
        "prompt": _template(config.description, columns) + _template(asked, columns),
    }
    if task.output != "perplexity":
        several = task.output == "generate" and any(len(sample.references) > 1 for sample in samples)
        definition["references" if several else "target"] = _template(config.doc_to_target, columns)
    if isinstance(config.doc_to_choice, str):
        definition["choices"] = _template(config.doc_to_choice, columns)
    elif isinstance(config.doc_to_choice, list | dict):
        fixed = config.doc_to_choice
        definition["choices"] = list(fixed.values() if isinstance(fixed, dict) else fixed)
    if task.output == "generate":
        decoding = task.requests(samples[0], "")[0].decoding
        assert decoding is not None
        definition["generation"] = {"max_tokens": decoding.max_tokens, "stop": list(decoding.stop)}
        definition["generation"] |= {"temperature": decoding.temperature} if decoding.temperature else {}
        steps = config.filter_list[0].filter if config.filter_list else []
        definition["filters"] = [one for step in steps for one in _filter(step) or ()]
    return definition | {"metrics": [_metric(config.output_type, spec) for spec in _specs(task)]}


def _data(config: LmEvalConfig) -> dict[str, Any]:
    if config.dataset_path in BUILDERS:
        return {"path": "test.jsonl"}
    hub = {"hub": config.dataset_path, "revision": (config.dataset_kwargs or {}).get("revision")}
    hub |= {"config": config.dataset_name, "split": config.eval_split}
    return {key: value for key, value in hub.items() if value is not None}


def _template(source: Any, columns: Sequence[str]) -> str:
    if source in columns:
        return f"{{{{ {source} }}}}" if source.isidentifier() else f"{{{{ row[{source!r}] }}}}"
    text = str(source)
    # A newline at the end of a template is kept there and dropped here: one more is dropped instead.
    return text + "\n" if text.endswith("\n") else text


def _filter(step: dict[str, Any]) -> list[Any] | None:
    """The filters of the house that do what one filter there does; None where there are none."""
    if step["function"] != "regex":
        return _FILTERS.get(step["function"])
    pattern, which = step.get("regex_pattern", r"#### (\-?[0-9\.\,]+)"), step.get("group_select", 0)
    groups = regex.compile(pattern).groups
    if groups > 1 or which not in (0, -1) or step.get("fallback", INVALID) != INVALID:
        return None
    return [{"regex": pattern, "group": groups, "take": "last" if which else "first"}, "strip"]


def _metric(output: str, spec: dict[str, Any]) -> str | dict[str, Any]:
    name = spec["metric"]
    if output in _METRICS:
        return _METRICS[output][name]
    return {"name": name, **spec["options"]} if spec["options"] else name


def _specs(task: LmEvalTask) -> list[dict[str, Any]]:
    return [spec for spec in task.definition.metrics if isinstance(spec, dict)]


def _difference(task: LmEvalTask, pack: PackTask) -> str:
    """The first thing that the pack would ask or judge otherwise; empty where there is none."""
    for row, one, other in zip(task.rows, task.samples(), pack.samples(), strict=True):
        if len(set(one.choices)) < len(one.choices):
            return f"{row.where}: two choices are the same text, which are told apart there by place"
        if one.references != other.references:
            return f"{row.where}: the right answer would be {other.references!r:.60} instead of {one.references!r:.60}"
        if [_bare(r) for r in task.requests(one, "")] != [_bare(r) for r in pack.requests(other, "")]:
            return f"{row.where}: the prompt or what is scored after it would differ (white space, settings)"
    for there, here in zip(task.metrics, pack.metrics, strict=True):
        if there.greater_is_better != here.greater_is_better:
            return f"metric {there.name} has another higher_is_better there"
    return ""


def _bare(request: Request) -> Request:
    """The request without its random seed, which depends on the sample's key."""
    return replace(request, decoding=replace(request.decoding, seed=None)) if request.decoding else request
