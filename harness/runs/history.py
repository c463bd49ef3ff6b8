"""The history of runs: their figures over time and the baseline of a project, in one SQLite file."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from harness.records import Figure, InputError, Results, RunError, nearest
from harness.runs.run import Run

_TABLES = """
CREATE TABLE IF NOT EXISTS runs (
  id INTEGER PRIMARY KEY, folder TEXT NOT NULL, suite TEXT NOT NULL, added TEXT NOT NULL, digest TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS figures (
  run INTEGER NOT NULL REFERENCES runs, model TEXT NOT NULL, fingerprint TEXT NOT NULL, task TEXT NOT NULL,
  task_fingerprint TEXT NOT NULL, metric TEXT NOT NULL, main INTEGER NOT NULL, greater_is_better INTEGER NOT NULL,
  value REAL, low REAL, high REAL, samples INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS baseline (
  one INTEGER PRIMARY KEY CHECK (one = 1), run INTEGER NOT NULL, model TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Baseline:
    """The model that new ones are held against, and the run that measured it."""

    folder: Path
    model: str
    added: str


class History:
    """Runs in the order in which they were added. Figures stay when a run's folder is deleted; its samples do not.

    Args:
        path: The SQLite file; made when the first run is added.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, run: Run) -> int:
        """Keep the figures of a run; a run of equal results is kept once.

        Returns:
            The run's number in the history.

        Raises:
            InputError: the run has no results.
            RunError: the history cannot be written.
        """
        results = run.results
        # The folder is part of it: the same results measured anew are a new point of a trend.
        identity = f"{run.folder.resolve()}\0{run.manifest['written']}\0{results.model_dump_json()}"
        digest = hashlib.sha256(identity.encode()).hexdigest()
        with self._writing() as db:
            known = db.execute("SELECT id FROM runs WHERE digest = ?", (digest,)).fetchone()
            if known:
                return int(known[0])
            now = datetime.now(UTC).isoformat(timespec="seconds")
            row = (str(run.folder.resolve()), results.suite, now, digest)
            number = db.execute("INSERT INTO runs (folder, suite, added, digest) VALUES (?, ?, ?, ?)", row).lastrowid
            assert number is not None  # an insert into a table with a key always has one
            db.executemany(f"INSERT INTO figures VALUES ({', '.join('?' * 12)})", _rows(number, results))
            return number

    def set_baseline(self, run: Run, model: str) -> None:
        """Make a model of a run the baseline, and keep the run.

        Raises:
            InputError: the run has no such model, or it was refused.
        """
        evaluated = [row.name for row in run.results.models if row.status == "evaluated"]
        if model not in evaluated:
            raise InputError(f"no evaluated model {model!r}", where=str(run.folder), mend=nearest(model, evaluated))
        number = self.add(run)
        with self._writing() as db:
            db.execute("INSERT OR REPLACE INTO baseline VALUES (1, ?, ?)", (number, model))

    def baseline(self) -> Baseline:
        """The baseline.

        Raises:
            InputError: there is none.
        """
        with self._reading() as db:
            found = db.execute("SELECT folder, model, added FROM baseline JOIN runs ON run = id").fetchone()
        if found is None:
            raise InputError("no baseline is set", where=str(self.path), mend="harness baseline set RUN MODEL")
        return Baseline(Path(found[0]), found[1], found[2])

    def figures(self) -> pd.DataFrame:
        """One row a run, model, task and metric, oldest run first.

        Columns: run, folder, suite, added, model, fingerprint, task, task_fingerprint, metric, main,
        greater_is_better, value, low, high, samples.

        Raises:
            InputError: there is no history.
        """
        with self._reading() as db:
            frame = pd.read_sql_query(
                "SELECT id AS run, folder, suite, added, f.model, fingerprint, task, task_fingerprint, metric, main, "
                "greater_is_better, value, low, high, samples FROM figures f JOIN runs ON f.run = id ORDER BY f.rowid",
                db,
            )
        return frame.astype({"main": bool, "greater_is_better": bool})

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        if not self.path.is_file():
            raise InputError("there is no history", where=str(self.path), mend="add a run: harness trend RUN")
        try:
            with closing(sqlite3.connect(self.path, timeout=60)) as db:
                db.executescript(_TABLES)
                yield db
        except sqlite3.Error as error:
            raise InputError(f"is not a history of runs ({error})", where=str(self.path)) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=60)) as db:
                db.executescript(_TABLES)
                with db:
                    db.execute("BEGIN IMMEDIATE")
                    yield db
        except (OSError, sqlite3.Error) as error:
            raise RunError(f"the history cannot be written ({error})", where=str(self.path)) from error


def _rows(number: int, results: Results) -> Iterator[tuple[object, ...]]:
    weights = {row.name: row.fingerprint for row in results.models}
    tasks = {row.name: row.fingerprint for row in results.tasks}
    first: dict[tuple[str, str], str] = {}
    for figure in results.figures:
        main = first.setdefault((figure.model, figure.task), figure.metric) == figure.metric
        yield (number, figure.model, weights[figure.model], figure.task, tasks[figure.task], figure.metric, main,
               figure.greater_is_better, figure.value, *_ends(figure), figure.samples)  # fmt: skip


def _ends(figure: Figure) -> tuple[float | None, float | None]:
    return (figure.interval.low, figure.interval.high) if figure.interval else (None, None)
