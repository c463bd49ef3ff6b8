"""Scores of a run as arrays: one table a task, metric and model, and two tables paired by sample key."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from harness.metrics.base import Metric
from harness.records import InputError, Outcome, TaskRow

JUDGED = (Outcome.SCORED.value, Outcome.PASS.value, Outcome.FAIL.value)
_COLUMNS = ("task", "model", "key", "metric", "outcome", "value", "statistics")


@dataclass(frozen=True)
class ScoreTable:
    """One model's scores under one metric on one task.

    Attributes:
        keys: Shape ``(n,)``, text. Equal samples of a data set have equal keys.
        repetitions: Shape ``(n,)``, int: numbers the generations of a sample, 0 where each was generated once.
        outcomes: Shape ``(n,)``, text.
        judged: Shape ``(n,)``, bool: neither unscorable nor in error.
        values: Shape ``(n,)``, NaN where not judged.
        statistics: Shape ``(n, k)``.
        clusters: Shape ``(n,)``, what rows must not be counted apart for: the source that the task names, else the
            sample where samples were generated several times. None where every row stands for itself.
        look: Shape ``(n,)``, int: the look at which each sample was new, where samples were taken until the rules were
            decided, else None.
        complete: Whether every sample of the task was taken.
    """

    keys: np.ndarray
    repetitions: np.ndarray
    outcomes: np.ndarray
    judged: np.ndarray
    values: np.ndarray
    statistics: np.ndarray
    clusters: np.ndarray | None
    look: np.ndarray | None = None
    complete: bool = True

    def take(self, rows: np.ndarray) -> "ScoreTable":
        return ScoreTable(
            keys=self.keys[rows],
            repetitions=self.repetitions[rows],
            outcomes=self.outcomes[rows],
            judged=self.judged[rows],
            values=self.values[rows],
            statistics=self.statistics[rows],
            clusters=None if self.clusters is None else self.clusters[rows],
            look=None if self.look is None else self.look[rows],
            complete=self.complete,
        )

    @property
    def repeated(self) -> bool:
        """Whether samples were generated several times."""
        return bool(np.any(self.repetitions > 0))

    @property
    def grouping(self) -> str:
        """For the text of a method: what was counted instead of rows, or the empty string."""
        if self.clusters is None:
            return ""
        of_what = " of generations" if np.array_equal(self.clusters, self.keys) else ""
        return f" over {len(np.unique(self.clusters))} clusters{of_what}"


class Scores:
    """The scores of a run, looked up by task, metric and model."""

    def __init__(self, frame: pd.DataFrame, tasks: Sequence[TaskRow] = ()) -> None:
        """Args:
            frame: Columns ``task, model, key, metric, outcome, value, statistics`` (a list of floats), and optionally
                ``cluster``, what samples of one source share, and ``repetition``, the number of the generation.
            tasks: Say which tasks' samples, in the order of their rows, were taken look by look.

        Raises:
            InputError: a column is missing.
        """
        missing = [column for column in _COLUMNS if column not in frame.columns]
        if missing:
            raise InputError(f"the scores lack the columns {', '.join(missing)}", mend="score the run again")
        self._frame = frame
        self._watched = {task.name: task for task in tasks if task.looks}
        self._rows = frame.groupby(["task", "metric", "model"], sort=False).indices
        self._tables: dict[tuple[str, str, str], ScoreTable | None] = {}

    def table(self, task: str, metric: str, model: str) -> ScoreTable | None:
        """The scores of one model, or None where there are none."""
        place = (task, metric, model)
        if place not in self._tables:
            rows = self._rows.get(place)
            if rows is None:
                self._tables[place] = None
            else:
                part = self._frame.take(np.asarray(rows))
                self._tables[place] = _table(part, ", ".join(place), self._watched.get(task))
        return self._tables[place]


def _table(part: pd.DataFrame, where: str, watched: TaskRow | None) -> ScoreTable:
    outcomes = part["outcome"].astype(str).to_numpy(dtype=object)
    keys = part["key"].astype(str).to_numpy(dtype=object)
    repetitions = part["repetition"].to_numpy(dtype=int) if "repetition" in part else np.zeros(len(part), dtype=int)
    return ScoreTable(
        keys=keys,
        repetitions=repetitions,
        outcomes=outcomes,
        judged=np.isin(outcomes.astype(str), JUDGED),
        values=pd.to_numeric(part["value"]).to_numpy(dtype=float),
        statistics=_matrix(part["statistics"], where),
        clusters=_clusters(part, keys, repetitions),
        look=np.searchsorted(watched.looks, np.arange(len(part)), side="right") if watched else None,
        complete=watched is None or len(part) >= watched.available,
    )


def _clusters(part: pd.DataFrame, keys: np.ndarray, repetitions: np.ndarray) -> np.ndarray | None:
    if "cluster" in part and part["cluster"].notna().all():
        return part["cluster"].astype(str).to_numpy(dtype=object)
    return keys if np.any(repetitions > 0) else None


def _matrix(cells: pd.Series, where: str) -> np.ndarray:
    try:
        return np.array([np.asarray(cell, dtype=float) for cell in cells], dtype=float)
    except (TypeError, ValueError):
        raise InputError("statistics of unequal length", where=where, mend="score the run again") from None


def check_scores(scores: Scores, tasks: Mapping[str, Sequence[Metric]], models: Sequence[str]) -> None:
    """Every evaluated model must have a score of every metric on every task.

    Raises:
        InputError: naming the first that has none.
    """
    for task, metric, model in each(tasks, models):
        if scores.table(task, metric.name, model) is None:
            raise InputError(f"model {model!r} has no scores of {metric.name}", where=task, mend="score the run again")


def each(tasks: Mapping[str, Sequence[Metric]], models: Sequence[str]) -> Iterator[tuple[str, Metric, str]]:
    """All combinations: tasks first, then metrics in the task's order, then models."""
    return ((task, metric, model) for task, metrics in tasks.items() for metric in metrics for model in models)


def pair(candidate: ScoreTable, reference: ScoreTable, where: str) -> tuple[ScoreTable, ScoreTable, int]:
    """Rows of both that are the same generation of a sample and judged on both sides, in the reference's order.

    Returns:
        Candidate, reference, and the number of rows dropped because one side or both had no judgement.

    Raises:
        InputError: one side has samples that the other was never asked.
    """
    ours, theirs = _numbered(candidate), _numbered(reference)
    place, known = {one: row for row, one in enumerate(ours)}, set(theirs)
    _refuse_unpaired(list(dict.fromkeys(one[0] for one in ours if one not in known)), "candidate", where)
    _refuse_unpaired(list(dict.fromkeys(one[0] for one in theirs if one not in place)), "reference", where)
    rows = np.array([place[one] for one in theirs], dtype=int)
    both = candidate.judged[rows] & reference.judged
    return candidate.take(rows[both]), reference.take(np.flatnonzero(both)), int(np.sum(~both))


def _numbered(table: ScoreTable) -> list[tuple[str, int, int]]:
    """Key and repetition, with the number of times both stood before, so that equal samples are paired one by one."""
    seen: Counter[tuple[str, int]] = Counter()
    numbered = []
    for key, repetition in zip(table.keys.tolist(), table.repetitions.tolist(), strict=True):
        numbered.append((key, repetition, seen[key, repetition]))
        seen[key, repetition] += 1
    return numbered


def _refuse_unpaired(keys: Sequence[str], side: str, where: str) -> None:
    if keys:
        shown = ", ".join(keys[:5]) + (", ..." if len(keys) > 5 else "")
        raise InputError(
            f"{len(keys)} samples were put to the {side} only ({shown})",
            where=where,
            mend="evaluate both models on the same data and prompts",
        )
