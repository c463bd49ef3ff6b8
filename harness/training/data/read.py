"""Files of training rows, read line by line without giving up: what is no row becomes a fault with its line."""

import csv
import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

from harness.records import InputError
from harness.training.data.faults import Fault
from harness.training.data.shorten import kind_of, shown

#: A line or a CSV cell may be this long; the csv module's own limit is 131,072 characters.
LONGEST = 1 << 24
#: UTF-8 text has hardly any zero bytes at its beginning; UTF-16 and binary files have many.
_HEAD, _ZEROS = 4096, 0.1
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BATCH = 1000
#: Columns that a table may have: each of its rows is made as wide as its header.
_COLUMNS = 10_000


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as the file has it, and where (``data.jsonl:7``; for JSON and Parquet the number of the row)."""

    where: str
    value: dict[str, Any]


class _Source:
    """A file that is being read, and the faults that were met; ``torn`` where quotes of a table do not pair up."""

    def __init__(self, path: Path, name: str) -> None:
        self.path, self.name = path, name
        self.faults: list[Fault] = []
        self.torn = False

    def fault(self, kind: str, line: int, what: str, excerpt: str = "") -> None:
        self.faults.append(Fault(kind, f"{self.name}:{line}", what, excerpt))

    def open(self) -> BinaryIO:
        """The file's bytes, unpacked where its name ends in ``.gz``."""
        return cast(BinaryIO, gzip.open(self.path)) if self.path.suffix.lower() == ".gz" else self.path.open("rb")

    def is_list(self) -> bool:
        """Whether the text begins as a list of JSON does."""
        with self.open() as handle:
            return handle.read(_HEAD).removeprefix(_BYTE_ORDER_MARK).lstrip().startswith(b"[")

    def lines(self, longest: int = LONGEST) -> Iterator[str]:
        """The lines of a file with their ends; a line of more bytes is empty, lost bytes are U+FFFD.

        Only a line feed ends a line: JSON may hold U+2028 and its like inside a row.
        """
        with self.open() as handle:
            head = handle.read(_HEAD)
            handle.seek(0)
            if head[:2] in (b"\xff\xfe", b"\xfe\xff") or head.count(0) > _ZEROS * len(head):
                raise InputError("is not UTF-8 text", where=str(self.path), mend="convert it to UTF-8")
            number = 0
            while line := handle.readline(longest):
                number += 1
                if number == 1:
                    line = line.removeprefix(_BYTE_ORDER_MARK)
                if len(line) == longest and not line.endswith(b"\n"):
                    beginning = line[:200].decode("utf-8", "replace")
                    self.fault("bad_row", number, f"longer than {longest:,} bytes", beginning)
                    while line and not line.endswith(b"\n"):
                        line = handle.readline(longest)
                    line = b"\n"
                yield self._decoded(line, number)

    def _decoded(self, line: bytes, number: int) -> str:
        try:
            return line.decode()
        except UnicodeDecodeError as error:
            around = line[max(0, error.start - 40) : error.start + 40].decode("utf-8", "replace")
            self.fault("bad_bytes", number, f"byte {error.start + 1} of the line is not UTF-8", around)
            return line.decode("utf-8", "replace")


def read_rows(path: Path, name: str = "") -> tuple[list[RawRow], list[Fault]]:
    """All rows of a JSONL, JSON, CSV, TSV or Parquet file, all but the last gzipped too, and the lines that are none.

    Args:
        name: What rows are named by; the file's own name if left out.

    Raises:
        InputError: the file is missing, of an unknown kind, not text, or holds no row that can be read.
    """
    if not path.is_file():
        raise InputError("no such data file", where=str(path), mend="check the path")
    reader = _READERS.get(kind(path))
    if reader is None:
        raise InputError(
            f"unknown kind of data file {kind(path)!r}", where=str(path), mend="use one of " + ", ".join(_READERS)
        )
    source = _Source(path, name or path.name)
    rows: list[RawRow] = []
    try:
        for line, value in reader(source):
            if isinstance(value, dict):
                rows.append(RawRow(f"{source.name}:{line}", value))
            else:
                source.fault("bad_row", line, f"{kind_of(value)} instead of an object", shown(value))
    except (OSError, EOFError, zlib.error) as error:
        why = "not a gzip file" if isinstance(error, gzip.BadGzipFile) else getattr(error, "strerror", None) or error
        raise InputError(f"cannot be read ({why})", where=str(path)) from None
    if not rows:
        first = next(iter(source.faults), None)
        if first is None:
            raise InputError("holds no rows", where=str(path), mend="add training rows")
        what = f"holds no rows that can be read: {first.where} is {first.what}"
        raise InputError(what, where=str(path), mend="mend its lines; each is one row")
    return rows, source.faults


def kind(path: Path) -> str:
    """The ending that tells how a file is read, in lower case: ``.csv`` of ``rows.CSV.gz``."""
    return Path(path.name.lower().removesuffix(".gz")).suffix


def _jsonl(source: _Source) -> Iterator[tuple[int, Any]]:
    if source.is_list():  # many files named .jsonl hold one list
        try:
            rows = _parsed("".join(source.lines(longest=-1)))
        except (ValueError, RecursionError):
            source.faults.clear()
        else:
            yield from enumerate(rows, 1)
            return
    yield from _each_line(source)


def _each_line(source: _Source) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(source.lines(), 1):
        if line.strip():
            try:
                yield number, _parsed(line.rstrip("\r\n"))
            except (ValueError, RecursionError) as error:
                source.fault("bad_row", number, f"not valid JSON ({error})", line[:200])


def _json(source: _Source) -> Iterator[tuple[int, Any]]:
    text = "".join(source.lines(longest=-1))
    if not text.strip():
        return
    try:
        rows = _parsed(text)
    except (ValueError, RecursionError) as error:
        if isinstance(error, json.JSONDecodeError) and error.msg == "Extra data":
            # Many files named .json hold one row a line.
            source.faults.clear()
            yield from _each_line(source)
            return
        raise InputError(f"not valid JSON ({error})", where=str(source.path)) from None
    if isinstance(rows, dict):
        lists = [one for one in rows.values() if isinstance(one, list)]
        rows = lists[0] if len(lists) == 1 else None
    if not isinstance(rows, list):
        what = "is neither a list of rows nor an object with one"
        raise InputError(
            what, where=str(source.path), mend="write the rows as one list, or one a line of a .jsonl file"
        )
    yield from enumerate(rows, 1)


def _parsed(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = str(_twice(name for name, _ in pairs))
        raise ValueError(f"the key {twice[:40]!r} stands twice")
    return found


def _twice(names: Iterable[str]) -> str | None:
    """The first name that was there before."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


_TORN = {
    "unexpected end": "a quote is never closed: no line after it could be read",
    "new-line": "carriage returns instead of line feeds",
}


def _csv(source: _Source) -> Iterator[tuple[int, Any]]:
    yield from _table(source, ",", csv.QUOTE_MINIMAL)


def _tsv(source: _Source) -> Iterator[tuple[int, Any]]:
    """A table of tabs. Where its quotes do not pair up they are text, as in most corpora of this kind."""
    rows = list(_table(source, "\t", csv.QUOTE_MINIMAL))
    if not source.torn:
        yield from rows
        return
    source.faults.clear()
    yield from _table(source, "\t", csv.QUOTE_NONE)


def _table(source: _Source, parted_by: str, quoting: Literal[0, 3]) -> Iterator[tuple[int, Any]]:
    limit = csv.field_size_limit(LONGEST)
    try:
        reader = csv.reader(source.lines(), delimiter=parted_by, quoting=quoting, strict=True)
        columns: list[str] = []
        while (line := reader.line_num + 1) and (cells := _next(reader, source, line)) is not None:
            if not columns:
                columns = _columns(cells, source)
            elif len(cells) > len(columns):
                source.fault("bad_row", line, "more cells than the header", str(cells[len(columns) :])[:200])
            elif cells:
                yield line, dict(zip(columns, [*cells, *[None] * (len(columns) - len(cells))], strict=True))
    finally:
        csv.field_size_limit(limit)


def _next(reader: Any, source: _Source, line: int) -> list[str] | None:
    """The next row of a table, empty where it cannot be read; None at the end."""
    try:
        return next(reader, None)
    except csv.Error as error:
        # The csv module has one class of error: the text tells which it is.
        what = next((said for text, said in _TORN.items() if text in str(error)), f"not valid CSV ({error})")
        source.fault("bad_row", line, what)
        source.torn = True
        return []


def _columns(cells: list[str], source: _Source) -> list[str]:
    for mark, name, mend in ((";", "semicolons", "part them by commas"), ("\t", "tabs", "let its name end in .tsv")):
        if len(cells) == 1 and mark in cells[0]:
            raise InputError(f"cells are parted by {name}", where=f"{source.path}:1", mend=mend)
    if len(cells) > _COLUMNS:
        raise InputError(f"has {len(cells):,} columns", where=f"{source.path}:1", mend=f"{_COLUMNS:,} are read")
    twice = _twice(cells)
    if twice is not None:
        raise InputError(f"the column {twice[:40]!r} stands twice", where=f"{source.path}:1", mend="rename one of them")
    return cells


def _parquet(source: _Source) -> Iterator[tuple[int, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(source.path) as file:
            rows = (row for batch in file.iter_batches(_BATCH) for row in batch.to_pylist())
            yield from enumerate(rows, 1)
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"not a Parquet file that can be read ({reason})", where=str(source.path)) from None


_READERS: dict[str, Callable[[_Source], Iterator[tuple[int, Any]]]] = {
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
    ".json": _json,
    ".csv": _csv,
    ".tsv": _tsv,
    ".parquet": _parquet,
}
#: Endings of the files that can be read.
SUFFIXES = tuple(_READERS)
