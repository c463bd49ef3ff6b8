"""The store of answers: what makes a killed run go on where it stopped, and what a shared cache is."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.records import Answer, InputError, RunError

#: SQLite takes a limited number of values in one statement.
_CHUNK = 500


class AnswerStore:
    """Answers by key. A key holds the fingerprints of the weights, so no model is given another's answer.

    One SQLite file: a batch of answers is saved whole or not at all, and several processes may share it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=60)
            self._db.execute("CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, answer TEXT NOT NULL)")
        except (FileExistsError, NotADirectoryError) as error:
            raise InputError("is a file, not a folder", where=str(path.parent), mend="name another folder") from error
        except (OSError, sqlite3.Error) as error:
            raise RunError(f"the store of answers cannot be opened ({error})", where=str(path)) from error

    def get(self, keys: Iterable[str]) -> dict[str, Answer]:
        """The answers that are there, by key."""
        wanted = list(dict.fromkeys(keys))
        return {
            key: Answer.from_json(json.loads(text))
            for start in range(0, len(wanted), _CHUNK)
            for key, text in self._select(wanted[start : start + _CHUNK])
        }

    def put(self, answers: Mapping[str, Answer]) -> None:
        """Save a batch, whole or not at all. An answer that is there already is kept."""
        rows = [(key, json.dumps(answer.to_json(), ensure_ascii=False)) for key, answer in answers.items()]
        try:
            with self._db:
                self._db.executemany("INSERT OR IGNORE INTO answers VALUES (?, ?)", rows)
        except sqlite3.Error as error:
            raise RunError(f"answers cannot be saved ({error})", where=str(self._path)) from error

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _select(self, keys: Sequence[str]) -> list[tuple[str, str]]:
        marks = ",".join("?" * len(keys))
        try:
            return self._db.execute(f"SELECT key, answer FROM answers WHERE key IN ({marks})", keys).fetchall()
        except sqlite3.Error as error:
            raise RunError(
                f"the store of answers cannot be read ({error})", where=str(self._path), mend="delete the file"
            ) from error
