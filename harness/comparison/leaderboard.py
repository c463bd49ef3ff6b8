"""Models of many runs ranked on each task and over all of them, from the samples that all were asked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from harness.comparison.entries import Asked, Entry, gather
from harness.metrics.base import Metric
from harness.records import Figure, InputError, TaskRow
from harness.runs import Run
from harness.stats import bootstrap_sums, cluster_sums
from harness.stats.ranks import Rank, ranks, relative_scores

REPLICATES = 2_000


@dataclass(frozen=True)
class Standing:
    """One model on a board."""

    entry: Entry
    figure: Figure
    rank: Rank


@dataclass(frozen=True)
class Board:
    """All models that were asked the same samples of one version of a task, the best first.

    Attributes:
        unranked: Models whose figure has no value.
        others: Further metrics of the task: name to model name to figure.
    """

    task: TaskRow
    metric: str
    greater_is_better: bool
    standings: Sequence[Standing]
    unranked: Sequence[Entry]
    others: dict[str, dict[str, Figure]]

    @property
    def name(self) -> str:
        return f"{self.task.name} {self.metric}"


@dataclass(frozen=True)
class Overall:
    """One model over all tasks that every model was asked.

    Attributes:
        score: Mean over these tasks of its place between the worst model, 0, and the best, 1.
    """

    entry: Entry
    score: float
    rank: Rank


@dataclass(frozen=True)
class Leaderboard:
    """Everything a leaderboard shows.

    Attributes:
        overall: Best first; empty where no task is shared by all models.
        shared: Boards that ``overall`` rests on, by their place.
    """

    entries: Sequence[Entry]
    boards: Sequence[Board]
    overall: Sequence[Overall]
    shared: Sequence[int]


@dataclass(frozen=True)
class _Drawn:
    """A board's figures with their bootstrap replicates, larger being better; columns as in ``names``."""

    names: list[str]
    values: np.ndarray
    replicates: np.ndarray
    samples: int
    board: Board = field(repr=False)


def leaderboard(runs: Iterable[Run], *, seed: int = 0, level: float = 0.95) -> Leaderboard:
    """Rank the models of some runs.

    Two runs' scores meet on one board only where the task's fingerprint (prompt, data, metrics) and the samples asked
    are the same; else each has a board of its own. A model that stands in several runs is one entry.

    Args:
        level: Of the rank intervals, which hold for all models of a board at once.

    Raises:
        InputError: there are no runs, one has no results, or no task has a value.
    """
    entries, asked = gather(runs)
    drawn = [one for group in asked if (one := _board(group, seed, level)) is not None]
    if not drawn:
        raise InputError("no task of these runs has a figure with a value", mend="name runs that were scored")
    everyone = {entry.name for entry in entries}
    shared = [place for place, one in enumerate(drawn) if set(one.names) == everyone]
    boards = [one.board for one in drawn]
    return Leaderboard(entries, boards, _overall(entries, [drawn[i] for i in shared], level), shared)


def _board(asked: Asked, seed: int, level: float) -> _Drawn | None:
    metric = asked.metrics[0]
    found = [(entry, asked.figure(entry, metric.name)) for entry in asked.entries]
    usable = [(entry, figure) for entry, figure in found if figure.value is not None]
    if not usable:
        return None
    sign = 1.0 if metric.greater_is_better else -1.0
    values = sign * np.array([figure.value for _, figure in usable], dtype=float)
    replicates = sign * _replicates(asked, metric, [entry for entry, _ in usable], seed)
    placed = ranks(values, replicates, samples=asked.samples, level=level)
    order = np.argsort(-values, kind="stable")
    standings = [Standing(usable[i][0], usable[i][1], placed[i]) for i in order]
    others = {m.name: {e.name: asked.figure(e, m.name) for e in asked.entries} for m in asked.metrics[1:]}
    unranked = [entry for entry, figure in found if figure.value is None]
    board = Board(asked.task, metric.name, metric.greater_is_better, standings, unranked, others)
    return _Drawn([entry.name for entry, _ in usable], values, replicates, asked.samples, board)


def _replicates(asked: Asked, metric: Metric, entries: Sequence[Entry], seed: int) -> np.ndarray:
    """Shape ``(replicates, models)``: each row one resample of the samples, the same for all models."""
    tables = [asked.statistics(entry, metric.name) for entry in entries]
    rows = np.hstack(tables)
    if asked.clusters is not None:
        rows = cluster_sums(rows, asked.clusters)
    sums = bootstrap_sums(rows, replicates=REPLICATES, seed=seed)
    return metric.aggregate(sums.reshape(len(sums), len(tables), -1))


def _overall(entries: Sequence[Entry], drawn: Sequence[_Drawn], level: float) -> list[Overall]:
    if not drawn or len(entries) < 2:
        return []
    names = [entry.name for entry in entries]
    columns = [[one.names.index(name) for name in names] for one in drawn]
    scored = [
        (relative_scores(one.values, one.values[c]), relative_scores(one.values, one.replicates[:, c]))
        for one, c in zip(drawn, columns, strict=True)
    ]
    values, replicates = (np.mean(part, axis=0) for part in zip(*scored, strict=True))
    placed = ranks(values, replicates, samples=min(one.samples for one in drawn), level=level)
    order = np.argsort(-values, kind="stable")
    return [Overall(entries[i], float(values[i]), placed[i]) for i in order]
