"""What rules read beside the figures of whole tasks: a class, findings of a severity, the samples of a slice.

Each becomes a metric or a task of its own before models are compared, so that it has an interval, a paired difference
and a line in every report like any other.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from harness.comparison.models import RunScores
from harness.metrics.parts import part_rows, read_by
from harness.records import Comparison, InputError, Rule, TaskRow, content_hash, nearest
from harness.records.selection import findings_name, selected_tasks, sliced_name


def with_views(run: RunScores, rules: Sequence[Rule], samples: Callable[[], pd.DataFrame]) -> RunScores:
    """The same scores, and those of what ``rules`` read beside whole tasks.

    Args:
        samples: The samples of the run, which are read only where a rule names a slice.

    Raises:
        InputError: a rule names a part, a field or a value that is not there.
    """
    wanted = [(rule, task) for rule in rules if not rule.forgets for task in selected_tasks(rule, run.tasks)]
    sliced = [(rule, task) for rule, task in wanted if rule.slice]
    if sliced:
        run = _with_slices(run, sliced, samples())
    for rule, task in wanted:
        run = _with_part(run, rule, sliced_name(task.name, rule.slice))
    return run


def lacks_views(comparison: Comparison, rules: Sequence[Rule]) -> bool:
    """Whether rules read a part, a slice or a loss that a comparison was made without."""
    whole = [task for task in comparison.tasks if not task.slice_of]
    known: dict[str, list[str]] = {}
    for figure in comparison.figures:
        known.setdefault(figure.task, []).append(figure.metric)
    if comparison.forgetting is None and any(rule.forgets for rule in rules):
        return True
    for rule in (rule for rule in rules if not rule.forgets):
        for task in selected_tasks(rule, whole):
            there = known.get(sliced_name(task.name, rule.slice), [])
            name = rule.metric or next(iter(there), "")
            read = findings_name(name, rule.least_severity) if rule.rule == "no_new_findings" else name
            if read not in there:
                return True
    return False


def _with_part(run: RunScores, rule: Rule, task: str) -> RunScores:
    metrics = list(run.metrics[task])
    whole, read = read_by(rule, task, metrics)
    if read.name in [metric.name for metric in metrics]:
        return run
    frame = run.frame
    rows = frame[(frame["task"] == task) & (frame["metric"] == whole.name)]
    return replace(
        run,
        metrics={**run.metrics, task: [*metrics, read]},
        frame=pd.concat([frame, part_rows(whole, read, rows)], ignore_index=True),
    )


def _with_slices(run: RunScores, wanted: Sequence[tuple[Rule, TaskRow]], samples: pd.DataFrame) -> RunScores:
    tasks, metrics, frames = list(run.tasks), dict(run.metrics), [run.frame]
    for rule, task in wanted:
        name = sliced_name(task.name, rule.slice)
        if name in metrics:
            continue
        keys = _keys(samples[samples["task"] == task.name], rule.slice, task.name)
        rows = run.frame[(run.frame["task"] == task.name) & run.frame["key"].isin(keys)]
        frames.append(rows.assign(task=name))
        metrics[name] = run.metrics[task.name]
        fingerprint = content_hash([task.fingerprint, rule.slice])
        row = {"name": name, "tags": [], "slice_of": task.name, "fingerprint": fingerprint, "samples": len(keys)}
        tasks.append(task.model_copy(update=row))
    return replace(run, tasks=tasks, metrics=metrics, frame=pd.concat(frames, ignore_index=True))


def _keys(samples: pd.DataFrame, wanted: Mapping[str, Any], task: str) -> set[str]:
    """Keys of the samples whose documents have the wanted values."""
    documents = dict(zip(samples["key"], map(json.loads, samples["document"]), strict=True))
    fields = sorted({field for document in documents.values() for field in document})
    where = f"gate rule on {task}"
    for field in wanted:
        if field not in fields:
            raise InputError(f"no sample has a field {field!r}", where=where, mend=nearest(field, fields))
    keys = {key for key, one in documents.items() if all(str(one.get(f)) == str(v) for f, v in wanted.items())}
    if not keys:
        field = next(iter(wanted))
        values = sorted({str(document.get(field)) for document in documents.values()})[:20]
        raise InputError(f"no sample has {dict(wanted)}", where=where, mend=nearest(str(wanted[field]), values))
    return keys
