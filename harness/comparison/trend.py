"""How one model's figures moved from run to run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pandas as pd

from harness.comparison.models import compare_runs
from harness.comparison.of_run import read_scores
from harness.records import Difference, HarnessError, InputError, nearest
from harness.runs import Run


@dataclass(frozen=True)
class Point:
    """One run's figure.

    Attributes:
        change: The paired difference to the point before, where both runs' samples are still there and the task is
            the same; else None.
        same_task: Whether prompt, data and metrics are those of the point before.
    """

    folder: str
    added: str
    value: float | None
    low: float | None
    high: float | None
    samples: int
    same_task: bool
    change: Difference | None

    @property
    def mark(self) -> str:
        """``gain`` or ``loss`` where the change is significant, adjusted over the tasks of the two runs; else empty."""
        change = self.change
        if change is None or change.adjusted_p_value >= 1 - change.interval.level or change.difference == 0:
            return ""
        return "gain" if (change.difference > 0) == change.greater_is_better else "loss"


@dataclass(frozen=True)
class Trend:
    """One task's main metric over time."""

    task: str
    metric: str
    greater_is_better: bool
    points: Sequence[Point]


def trends(figures: pd.DataFrame, model: str, tasks: Sequence[str] = ()) -> list[Trend]:
    """A trend a task.

    Args:
        figures: As `harness.runs.history.History.figures` gives them.
        model: The name that the model carries in the runs.
        tasks: Those to show; all if left out.

    Raises:
        InputError: no run has that model or task.
    """
    own = figures[(figures["model"] == model) & figures["main"]]
    if own.empty:
        raise InputError(f"no run has a model {model!r}", mend=nearest(model, sorted(set(figures["model"]))))
    known = list(dict.fromkeys(own["task"]))
    for task in tasks:
        if task not in known:
            raise InputError(f"no run has a task {task!r}", mend=nearest(task, known))
    changes = _changes(own, model)
    return [_trend(str(task), own[own["task"] == task], changes) for task in tasks or known]


def _trend(task: str, rows: pd.DataFrame, changes: dict[tuple[int, str], Difference]) -> Trend:
    points, before = [], None
    for row in rows.astype(object).where(rows.notna(), None).to_dict("records"):
        same = before in (None, row["task_fingerprint"])
        change = changes.get((row["run"], task)) if same else None
        shown = {name: row[name] for name in ("folder", "added", "value", "low", "high", "samples")}
        points.append(Point(**shown, same_task=same, change=change))
        before = row["task_fingerprint"]
    last = rows.iloc[-1]
    return Trend(task, str(last["metric"]), bool(last["greater_is_better"]), points)


def _changes(rows: pd.DataFrame, model: str) -> dict[tuple[int, str], Difference]:
    """By run and task: the difference to the run before, as far as the samples of both are still there."""
    found: dict[tuple[int, str], Difference] = {}
    runs = rows[["run", "folder"]].drop_duplicates()
    pairs = list(zip(runs["run"], runs["folder"], strict=True))
    for (_, before), (number, now) in pairwise(pairs):
        if now != before:  # a folder that was evaluated again holds the new samples only
            found |= {(int(number), one.task): one for one in _differences(Path(now), Path(before), model)}
    return found


def _differences(now: Path, before: Path, model: str) -> Iterator[Difference]:
    try:
        ours, theirs = (read_scores(Run.open(folder)) for folder in (now, before))
        yield from compare_runs(ours, theirs, model, model).differences
    except HarnessError:
        return  # a folder is gone, or the two share no task: there is nothing to pair
