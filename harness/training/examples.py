"""Training data read from files: rows of several common forms become conversations, each knowing its file and line."""

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.records import InputError, Message, content_hash

_ROLES = ("system", "user", "assistant")


@dataclass(frozen=True, slots=True)
class Example:
    """A conversation to learn from, and where it stands (``data.jsonl:7``). Its assistant turns are learned."""

    turns: tuple[Message, ...]
    where: str

    @property
    def prompt_hash(self) -> str:
        """Identity of what comes before the first answer, white space and case aside."""
        first = next(i for i, turn in enumerate(self.turns) if turn.role == "assistant")
        return content_hash([" ".join(turn.content.lower().split()) for turn in self.turns[:first]])


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file that was read: its rows, and the form they have."""

    path: str
    form: str
    examples: tuple[Example, ...]


class BadRow(ValueError):
    """A row that cannot be learned from; the text says why."""


def read_file(path: Path) -> DataFile:
    """Read a file of training rows.

    The form is told from the columns of the first row and holds for all: ``{messages}``, ``{prompt, response}``,
    ``{prompt, completion}``, ``{instruction, input, output}``, ``{question, answer}`` or ``{text, label}``.

    Raises:
        InputError: the file is missing or empty, its form is unknown, or rows are bad; each bad row is named.
    """
    rows = list(_rows(path))
    if not rows:
        raise InputError("holds no rows", where=str(path), mend="add training rows")
    form = _form(rows[0][1], f"{path}:{rows[0][0]}")
    examples, bad = [], []
    for line, row in rows:
        try:
            examples.append(Example(_checked(_FORMS[form](row)), f"{path.name}:{line}"))
        except BadRow as reason:
            bad.append((line, str(reason)))
    if bad:
        named = ", ".join(f"line {line} {reason}" for line, reason in bad[:5])
        more = f" and {len(bad) - 5} more" if len(bad) > 5 else ""
        raise InputError(
            f"{len(bad)} of {len(rows)} rows cannot be learned from: {named}{more}",
            where=f"{path}:{bad[0][0]}",
            mend="mend or remove them",
        )
    return DataFile(str(path), form, tuple(examples))


def _rows(path: Path) -> Iterator[tuple[int, Any]]:
    """Rows with their line in the file; for Parquet and JSON, with their number."""
    if not path.is_file():
        raise InputError("no such data file", where=str(path), mend="check the path; it is relative to the recipe")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(
            f"unknown kind of data file {path.suffix!r}", where=str(path), mend="use one of " + ", ".join(_READERS)
        )
    try:
        yield from reader(path)
    except UnicodeDecodeError as error:
        raise InputError(f"is not UTF-8 ({error})", where=str(path), mend="convert it to UTF-8") from None


def _jsonl(path: Path) -> Iterator[tuple[int, Any]]:
    with path.open(encoding="utf-8-sig") as handle:
        for line, text in enumerate(handle, 1):
            if text.strip():
                try:
                    yield line, json.loads(text)
                except ValueError as error:
                    raise InputError(f"not valid JSON ({error})", where=f"{path}:{line}") from None


def _json(path: Path) -> Iterator[tuple[int, Any]]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise InputError(f"not valid JSON ({error})", where=str(path)) from None
    if not isinstance(rows, list):
        raise InputError("is not a list of rows", where=str(path))
    yield from enumerate(rows, 1)


def _csv(path: Path) -> Iterator[tuple[int, Any]]:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.DictReader(handle, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
        for row in reader:
            yield reader.line_num, row


def _parquet(path: Path) -> Iterator[tuple[int, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"not a Parquet file ({error})", where=str(path)) from None
    yield from enumerate(table.to_pylist(), 1)


_READERS: dict[str, Callable[[Path], Iterator[tuple[int, Any]]]] = {
    ".jsonl": _jsonl,
    ".json": _json,
    ".csv": _csv,
    ".tsv": _csv,
    ".parquet": _parquet,
}


def _form(row: Any, where: str) -> str:
    columns = set(row) if isinstance(row, dict) else set()
    if {"chosen", "rejected"} <= columns:
        raise InputError("holds preferences (chosen, rejected), which supervised training cannot learn", where=where)
    for form in _FORMS:
        needed = {name for name in form.split(", ") if name != "input"}
        if needed <= columns:
            return form
    raise InputError(
        f"unknown form: columns {', '.join(sorted(map(str, columns))) or 'none'}",
        where=where,
        mend="name the columns as one of " + "; ".join(_FORMS),
    )


def _pair(prompt: str, response: str) -> Callable[[Any], list[Message]]:
    def read(row: Any) -> list[Message]:
        return [*_side(row, prompt, "user"), *_side(row, response, "assistant")]

    return read


def _side(row: Any, column: str, role: str) -> list[Message]:
    value = row.get(column) if isinstance(row, dict) else None
    return _messages(value) if isinstance(value, list) else [Message(role, _text(row, column))]


def _instruction(row: Any) -> list[Message]:
    given = row.get("input") if isinstance(row, dict) else None
    prompt = _text(row, "instruction") + (f"\n\n{_text(row, 'input')}" if given else "")
    return [Message("user", prompt), Message("assistant", _text(row, "output"))]


def _messages(value: Any) -> list[Message]:
    if not isinstance(value, list) or not all(isinstance(turn, dict) for turn in value):
        raise BadRow("has messages that are not a list of {role, content}")
    for turn in value:
        if turn.get("role") not in _ROLES:
            raise BadRow(f"has a turn of role {turn.get('role')!r}, not one of {', '.join(_ROLES)}")
    return [Message(turn["role"], _text(turn, "content")) for turn in value]


_FORMS: dict[str, Callable[[Any], list[Message]]] = {
    "messages": lambda row: _messages(row.get("messages") if isinstance(row, dict) else None),
    "prompt, response": _pair("prompt", "response"),
    "prompt, completion": _pair("prompt", "completion"),
    "instruction, input, output": _instruction,
    "question, answer": _pair("question", "answer"),
    "text, label": _pair("text", "label"),
}


def _text(row: Any, column: str) -> str:
    value = row.get(column) if isinstance(row, dict) else None
    if isinstance(value, bool | int | float):
        return str(value)
    if not isinstance(value, str):
        raise BadRow(f"has no {column}")
    if not value.strip():
        raise BadRow(f"has an empty {column}")
    return value


def _checked(turns: list[Message]) -> tuple[Message, ...]:
    if not any(turn.role == "assistant" for turn in turns):
        raise BadRow("has no assistant turn to learn")
    if turns[0].role == "assistant":
        raise BadRow("starts with the assistant: nothing comes before the answer")
    return tuple(turns)
