"""Files of training rows, read without giving up: what is no row becomes a fault with its line."""

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.records import InputError
from harness.training.data.faults import Fault

#: A CSV cell may be this long; the csv module's own limit is 131,072 characters.
_LONGEST_CELL = 1 << 24


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as the file has it, and where (``data.jsonl:7``; for JSON and Parquet the number of the row)."""

    where: str
    value: dict[str, Any]


def read_rows(path: Path) -> tuple[list[RawRow], list[Fault]]:
    """All rows of a JSONL, JSON, CSV, TSV or Parquet file, and the lines that are none.

    Raises:
        InputError: the file is missing, of an unknown kind, not text, or holds no rows at all.
    """
    if not path.is_file():
        hub = " (hub ids are not read; save the data set with `to_json`)" if not path.suffix else ""
        raise InputError(f"no such data file{hub}", where=str(path), mend="check the path")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(
            f"unknown kind of data file {path.suffix!r}", where=str(path), mend="use one of " + ", ".join(_READERS)
        )
    rows: list[RawRow] = []
    faults: list[Fault] = []
    for line, value in reader(path, faults):
        where = f"{path.name}:{line}"
        if isinstance(value, dict):
            rows.append(RawRow(where, value))
        else:
            faults.append(Fault("bad_row", where, f"a {type(value).__name__} instead of an object", repr(value)[:200]))
    if not rows:
        raise InputError("holds no rows", where=str(path), mend="add training rows")
    return rows, faults


def _text(path: Path, faults: list[Fault]) -> list[str]:
    """The lines of a file, their ends kept; bytes that are not UTF-8 become U+FFFD and a fault."""
    data = path.read_bytes()
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data[:4096]:
        raise InputError("is not UTF-8 text", where=str(path), mend="convert it to UTF-8")
    try:
        return _lines(data, "strict")
    except UnicodeDecodeError:
        pass
    for number, line in enumerate(data.split(b"\n"), 1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            shown = line[max(0, error.start - 40) : error.start + 40].decode("utf-8", "replace")
            faults.append(
                Fault("bad_bytes", f"{path.name}:{number}", f"byte {error.start + 1} of the line is not UTF-8", shown)
            )
    return _lines(data, "replace")


def _lines(data: bytes, errors: str) -> list[str]:
    # Not splitlines: JSON may hold U+2028 and its like inside a row.
    text = data.decode("utf-8-sig", errors)
    return [line + "\n" for line in text.split("\n")]


def _jsonl(path: Path, faults: list[Fault]) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(_text(path, faults), 1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError) as error:
                faults.append(Fault("bad_row", f"{path.name}:{number}", f"not valid JSON ({error})", line[:200]))


def _json(path: Path, faults: list[Fault]) -> Iterator[tuple[int, Any]]:
    try:
        rows = json.loads("".join(_text(path, faults)))
    except (ValueError, RecursionError) as error:
        raise InputError(f"not valid JSON ({error})", where=str(path)) from None
    if not isinstance(rows, list):
        raise InputError("is not a list of rows", where=str(path))
    yield from enumerate(rows, 1)


def _csv(path: Path, faults: list[Fault]) -> Iterator[tuple[int, Any]]:
    limit = csv.field_size_limit(_LONGEST_CELL)
    try:
        reader = csv.DictReader(_text(path, faults), delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
        line = 2
        for row in reader:
            extra = row.pop(None, None)
            if extra:
                faults.append(Fault("bad_row", f"{path.name}:{line}", "more cells than the header", str(extra)[:200]))
            else:
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"not valid CSV ({error})", where=str(path)) from None
    finally:
        csv.field_size_limit(limit)


def _parquet(path: Path, faults: list[Fault]) -> Iterator[tuple[int, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"not a Parquet file ({error})", where=str(path)) from None
    yield from enumerate(table.to_pylist(), 1)


_READERS: dict[str, Callable[[Path, list[Fault]], Iterator[tuple[int, Any]]]] = {
    ".jsonl": _jsonl,
    ".json": _json,
    ".csv": _csv,
    ".tsv": _csv,
    ".parquet": _parquet,
}
