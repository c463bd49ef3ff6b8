"""The registry's SQLite file: names, versions, tags and figures. The adapters' files lie beside it (`store`)."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from harness.records import Figure, InputError, RunError, reason
from harness.registry.store import Hashes
from harness.registry.version import Measured, Version

#: Seconds to wait for another writer, who may be copying large adapters.
_PATIENCE = 600
_TABLES = (
    """CREATE TABLE IF NOT EXISTS versions (
  name TEXT NOT NULL, number INTEGER NOT NULL, content TEXT NOT NULL, fingerprint TEXT NOT NULL, method TEXT NOT NULL,
  rank INTEGER NOT NULL, parameters INTEGER NOT NULL, base TEXT, base_fingerprint TEXT, data_fingerprint TEXT,
  recipe TEXT, created TEXT NOT NULL, parent TEXT, PRIMARY KEY (name, number))""",
    """CREATE TABLE IF NOT EXISTS tags (
  name TEXT NOT NULL, tag TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (name, tag),
  FOREIGN KEY (name, number) REFERENCES versions)""",
    """CREATE TABLE IF NOT EXISTS files (
  content TEXT NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (content, name))""",
    """CREATE TABLE IF NOT EXISTS figures (
  id INTEGER PRIMARY KEY, base_fingerprint TEXT NOT NULL, fingerprint TEXT NOT NULL, run TEXT NOT NULL,
  suite TEXT NOT NULL, task_fingerprint TEXT NOT NULL, main INTEGER NOT NULL, figure TEXT NOT NULL, task TEXT NOT NULL,
  metric TEXT NOT NULL, UNIQUE (base_fingerprint, fingerprint, task, task_fingerprint, metric))""",
)
_FIELDS = (
    "name", "number", "content", "fingerprint", "method", "rank", "parameters", "base", "base_fingerprint",
    "data_fingerprint", "recipe", "created", "parent",
)  # fmt: skip
_COLUMNS = ", ".join(_FIELDS)


class Database:
    """Queries on one connection; `reading` and `writing` open one."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def names(self) -> list[str]:
        """Registered names, in order."""
        return [row[0] for row in self._db.execute("SELECT DISTINCT name FROM versions ORDER BY name")]

    def versions(self, name: str | None = None) -> list[Version]:
        """Versions of a name, or of all names, oldest first."""
        where, given = ("WHERE name = ?", (name,)) if name is not None else ("", ())
        rows = self._db.execute(f"SELECT {_COLUMNS} FROM versions {where} ORDER BY name, number", given).fetchall()
        tags: dict[tuple[str, int], list[str]] = {}
        for owner, tag, number in self._db.execute("SELECT name, tag, number FROM tags ORDER BY tag"):
            tags.setdefault((owner, number), []).append(tag)
        return [_version(row, tags.get(row[:2], ())) for row in rows]

    def next_number(self, name: str) -> int:
        """The number of the next version of a name."""
        row = self._db.execute("SELECT coalesce(max(number), 0) + 1 FROM versions WHERE name = ?", (name,)).fetchone()
        return int(row[0])

    def add(self, version: Version, hashes: Hashes) -> None:
        """Keep a version and the hashes of its files."""
        recipe = None if version.recipe is None else json.dumps(version.recipe)
        row = [recipe if field == "recipe" else getattr(version, field) for field in _FIELDS]
        self._db.execute(f"INSERT INTO versions ({_COLUMNS}) VALUES ({', '.join('?' * len(row))})", row)
        self._db.executemany(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?)",
            [(version.content, name, digest) for name, digest in hashes.items()],
        )

    def hashes(self, content: str) -> dict[str, str]:
        """The hashes that were recorded of a content's files."""
        return dict(self._db.execute("SELECT name, sha256 FROM files WHERE content = ?", (content,)))

    def move_tag(self, name: str, tag: str, number: int) -> int | None:
        """Put a tag on a version; the version that had it before, None if none had."""
        before = self._db.execute("SELECT number FROM tags WHERE name = ? AND tag = ?", (name, tag)).fetchone()
        self._db.execute("INSERT OR REPLACE INTO tags (name, tag, number) VALUES (?, ?, ?)", (name, tag, number))
        return int(before[0]) if before else None

    def add_figures(self, base_fingerprint: str, fingerprint: str, measured: Sequence[Measured]) -> None:
        """Keep figures of an adapter on a base; a figure of the same task and metric takes the earlier one's place."""
        self._db.executemany(
            "INSERT OR REPLACE INTO figures (base_fingerprint, fingerprint, run, suite, task_fingerprint, main, "
            "figure, task, metric) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (base_fingerprint, fingerprint, one.run, one.suite, one.task_fingerprint, one.is_main,
                 one.figure.model_dump_json(), one.figure.task, one.figure.metric)
                for one in measured
            ],
        )  # fmt: skip

    def figures(self, fingerprint: str, base_fingerprint: str | None) -> list[Measured]:
        """Figures of an adapter, on its base where that is known."""
        rows = self._db.execute(
            "SELECT run, suite, task_fingerprint, main, figure FROM figures WHERE fingerprint = ? "
            "AND base_fingerprint = coalesce(?, base_fingerprint) ORDER BY id",
            (fingerprint, base_fingerprint),
        )
        return [Measured(run, suite, task, bool(main), Figure.model_validate_json(figure))
                for run, suite, task, main, figure in rows]  # fmt: skip


@contextmanager
def reading(path: Path) -> Iterator[Database]:
    """The database, to read; an empty one where there is no file yet.

    Raises:
        InputError: the file is something else.
    """
    try:
        exists = path.is_file() and path.stat().st_size > 0
        with closing(sqlite3.connect(path if exists else ":memory:", timeout=_PATIENCE)) as db:
            if not exists:
                _make(db)
            yield Database(db)
    except (sqlite3.Error, ValueError) as error:
        raise InputError(f"is not a registry of adapters ({reason(error)})", where=str(path)) from error


@contextmanager
def writing(path: Path) -> Iterator[Database]:
    """The database under its write lock: all of the block is kept, or nothing.

    Raises:
        RunError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=_PATIENCE)) as db, db:
            db.execute("BEGIN IMMEDIATE")
            _make(db)
            yield Database(db)
    except (OSError, sqlite3.Error) as error:
        raise RunError(f"the registry cannot be written ({error})", where=str(path)) from error


def _make(db: sqlite3.Connection) -> None:
    for table in _TABLES:
        db.execute(table)


def _version(row: tuple[Any, ...], tags: Sequence[str]) -> Version:
    values = dict(zip(_FIELDS, row, strict=True))
    recipe = json.loads(values["recipe"]) if values["recipe"] else None
    return Version(**values | {"recipe": recipe, "tags": tuple(tags)})
