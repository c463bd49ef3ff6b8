"""Data files as rows: JSON lines, JSON, CSV, TSV, Parquet and plain text. Every row knows its file and line."""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from harness.records import InputError, nearest
from harness.tasks.definition import FileOptions
from harness.tasks.templates import evaluate, render

_BY_SUFFIX = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".txt": "txt",
}
#: Endings under which a split of a data set may lie in a folder of mirrors.
SUFFIXES = tuple(_BY_SUFFIX)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of data and where it stands (``data.jsonl:12``)."""

    values: dict[str, Any]
    where: str


def read_rows(paths: Sequence[Path], options: FileOptions) -> list[Row]:
    """All rows of the files that hold one part of a data set, with the fields that ``options.map`` names.

    Raises:
        InputError: a file is missing or malformed, a row lacks a column, or there are no rows; with file and line.
    """
    return map_rows([row for path in paths for row in _read(path, options)], options, str(paths[0]))


def _read(path: Path, options: FileOptions) -> list[Row]:
    kind = options.format or _BY_SUFFIX.get(path.suffix.lower())
    if kind is None:
        raise InputError("cannot tell the file's format", where=str(path), mend="set data.format (jsonl, csv, ...)")
    try:
        return list(_READERS[kind](path, options))
    except FileNotFoundError:
        raise InputError("no such data file", where=str(path), mend="check data.path") from None
    except (OSError, UnicodeError, LookupError, csv.Error) as error:
        raise InputError(f"cannot be read ({error})", where=str(path), mend="check data.encoding") from None


def map_rows(rows: list[Row], options: FileOptions, where: str) -> list[Row]:
    """The rows that ``options.where`` keeps, with the fields that ``options.map`` names; refuses an empty data set."""
    if options.map:
        rows = [Row({name: cell(source, row) for name, source in options.map.items()}, row.where) for row in rows]
    if options.where is not None:
        wanted = options.where
        rows = [row for row in rows if render(wanted, row.values, where=row.where).strip() == "True"]
    if not rows:
        raise InputError("holds no rows", where=where, mend="a task needs at least one")
    return rows


def cell(source: str, row: Row) -> Any:
    """A column of a row by its name, or what a template gives for the row.

    Raises:
        InputError: there is no such column, or the template fails; with file and line.
    """
    if "{{" in source or "{%" in source:
        return evaluate(source, row.values, where=row.where)
    if source not in row.values:
        raise InputError(f"no column {source!r}", where=row.where, mend=nearest(source, [str(k) for k in row.values]))
    return row.values[source]


def _read_jsonl(path: Path, options: FileOptions) -> Iterator[Row]:
    with path.open(encoding=options.encoding) as handle:
        for number, line in enumerate(handle, 1):
            if line.strip():
                where = f"{path}:{number}"
                yield Row(_object(_parse(line, where), where), where)


def _read_json(path: Path, options: FileOptions) -> Iterator[Row]:
    value = _parse(path.read_text(encoding=options.encoding), str(path))
    if isinstance(value, dict):
        lists = [one for one in value.values() if isinstance(one, list)]
        if len(lists) != 1:
            raise InputError("holds neither a list of rows nor an object with one", where=str(path))
        value = lists[0]
    for number, item in enumerate(value, 1):
        where = f"{path} item {number}"
        yield Row(_object(item, where), where)


def _parse(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"not valid JSON ({error})", where=where) from None


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError("a row must be an object with named fields", where=where)
    return value


def _read_csv(path: Path, options: FileOptions) -> Iterator[Row]:
    yield from _separated(path, options, options.delimiter or ",", csv.QUOTE_MINIMAL)


def _read_tsv(path: Path, options: FileOptions) -> Iterator[Row]:
    # Quotes in tab-separated corpora are text: a lone one would swallow the rows after it.
    yield from _separated(path, options, options.delimiter or "\t", csv.QUOTE_NONE)


def _separated(path: Path, options: FileOptions, delimiter: str, quoting: Literal[0, 3]) -> Iterator[Row]:
    csv.field_size_limit(1 << 30)
    encoding = "utf-8-sig" if options.encoding.lower() in ("utf-8", "utf8") else options.encoding
    with path.open(encoding=encoding, newline="") as handle:
        reader = csv.reader(handle, delimiter=delimiter, quoting=quoting)
        columns = options.columns or next(reader, [])
        line = reader.line_num + 1
        for cells in reader:
            where, line = f"{path}:{line}", reader.line_num + 1
            if not cells:
                continue
            if len(cells) < len(columns):
                raise InputError(
                    f"has {len(cells)} columns, not {len(columns)}",
                    where=where,
                    mend=f"the row lacks {columns[len(cells)]!r}",
                )
            yield Row(dict(zip(columns, cells, strict=False)), where)


def _read_parquet(path: Path, options: FileOptions) -> Iterator[Row]:
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(path)
    except pyarrow.ArrowInvalid as error:
        raise InputError(f"not a Parquet file ({error})", where=str(path)) from None
    for number, values in enumerate(table.to_pylist(), 1):
        yield Row(values, f"{path} row {number}")


def _read_txt(path: Path, options: FileOptions) -> Iterator[Row]:
    with path.open(encoding=options.encoding, newline="") as handle:
        text = handle.read().replace("\r\n", "\n")
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield Row({"text": line}, f"{path}:{number}")


_READERS: dict[str, Callable[[Path, FileOptions], Iterator[Row]]] = {
    "jsonl": _read_jsonl,
    "json": _read_json,
    "csv": _read_csv,
    "tsv": _read_tsv,
    "parquet": _read_parquet,
    "txt": _read_txt,
}
