"""Which models of which runs may stand on one leaderboard, and what they were asked."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from harness.comparison.frames import Scores, ScoreTable
from harness.comparison.models import RunScores
from harness.comparison.of_run import read_scores
from harness.evaluation.suite import NAMED_ELSEWHERE
from harness.metrics.base import Metric
from harness.records import Figure, InputError, ModelRow, TaskRow
from harness.runs import Run


@dataclass(frozen=True)
class Entry:
    """A model of a leaderboard.

    Attributes:
        name: Unlike that of every other entry.
        identity: Equal for the same weights, in whichever run they stand.
        runs: Names of the run folders it stands in.
    """

    name: str
    identity: str
    model: ModelRow
    runs: tuple[str, ...]


@dataclass(frozen=True)
class _Source:
    """The scores and figures of one run; ``place`` tells runs of one name apart."""

    place: int
    name: str
    engine: str
    read: RunScores
    scores: Scores
    figures: dict[tuple[str, str, str], Figure]


@dataclass
class Asked:
    """One version of a task with one set of samples, and all models that were asked it."""

    task: TaskRow
    metrics: Sequence[Metric]
    entries: list[Entry] = field(default_factory=list)
    _places: dict[str, tuple[_Source, str]] = field(default_factory=dict)

    @property
    def samples(self) -> int:
        return len(self._table(self.entries[0], self.metrics[0].name).keys)

    @property
    def clusters(self) -> np.ndarray | None:
        """Shape ``(n,)``: what samples share a source by, in the order of `statistics`."""
        table = self._table(self.entries[0], self.metrics[0].name)
        return None if table.clusters is None else table.clusters[_order(table)]

    def figure(self, entry: Entry, metric: str) -> Figure:
        source, model = self._places[entry.name]
        return source.figures[model, self.task.name, metric]

    def statistics(self, entry: Entry, metric: str) -> np.ndarray:
        """Shape ``(n, k)``, samples in an order that is the same for every model; zero where not judged."""
        table = self._table(entry, metric)
        order = _order(table)
        return table.statistics[order] * table.judged[order, None]

    def add(self, entry: Entry, source: "_Source", model: str) -> None:
        if entry.name not in self._places:
            self.entries.append(entry)
            self._places[entry.name] = (source, model)

    def _table(self, entry: Entry, metric: str) -> ScoreTable:
        source, model = self._places[entry.name]
        table = source.scores.table(self.task.name, metric, model)
        assert table is not None  # check_scores has seen to it when the run was compared
        return table


def gather(runs: Iterable[Run]) -> tuple[list[Entry], list[Asked]]:
    """The models of all runs and what each was asked, in the runs' order.

    Raises:
        InputError: there are no runs, or one of them has no results.
    """
    sources = [_source(place, run) for place, run in enumerate(runs)]
    if not sources:
        raise InputError("a leaderboard needs at least one run", mend="name run folders")
    entries = _entries(sources)
    asked: dict[tuple[str, str, str], Asked] = {}
    for source in sources:
        for task in source.read.tasks:
            for model in source.read.evaluated:
                metrics = source.read.metrics[task.name]
                table = source.scores.table(task.name, metrics[0].name, model)
                if table is not None:
                    version = (task.name, task.fingerprint, _digest(table))
                    board = asked.setdefault(version, Asked(task, metrics))
                    board.add(entries[source.place, model], source, model)
    return list(dict.fromkeys(entries.values())), list(asked.values())


def _source(place: int, run: Run) -> _Source:
    read = read_scores(run)
    figures = {(f.model, f.task, f.metric): f for f in run.results.figures}
    return _Source(
        place, run.folder.resolve().name, run.manifest["suite"]["engine"]["kind"], read, Scores(read.frame), figures
    )


def _entries(sources: Sequence[_Source]) -> dict[tuple[int, str], Entry]:
    """By place of the run and model name. Equal weights are one entry; of unequal ones, the run tells a name apart."""
    found: dict[str, Entry] = {}
    place: dict[tuple[int, str], str] = {}
    for source in sources:
        for model in (row for row in source.read.models if row.status == "evaluated"):
            identity = _identity(source, model)
            known = found.get(identity)
            runs = (*(known.runs if known else ()), source.name)
            found[identity] = replace(known, runs=runs) if known else Entry(model.name, identity, model, runs)
            place[source.place, model.name] = identity
    names = [entry.name for entry in found.values()]
    named = {
        identity: entry if names.count(entry.name) == 1 else replace(entry, name=f"{entry.name} ({entry.runs[0]})")
        for identity, entry in found.items()
    }
    return {where: named[identity] for where, identity in place.items()}


def _identity(source: _Source, model: ModelRow) -> str:
    # Where the weights are somebody else's, the fingerprint is the base's alone: the run and the name tell them apart.
    if source.engine in NAMED_ELSEWHERE:
        return f"{source.place}\0{model.name}"
    return model.fingerprint


def _order(table: ScoreTable) -> np.ndarray:
    return np.lexsort((table.repetitions, table.keys.astype(str)))


def _digest(table: ScoreTable) -> str:
    order = _order(table)
    asked = zip(table.keys[order], table.repetitions[order], strict=True)
    return hashlib.sha256("\n".join(f"{key} {repetition}" for key, repetition in asked).encode()).hexdigest()
