"""Reads labelled files: the sets that ship with the house, and any JSONL file of a user."""

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.metrics.safety.audit.detectors import Detector, LabelledSet
from harness.records import InputError
from harness.records.yaml_text import read_text

_SHIPPED = Path(__file__).parent / "data"
#: A labelled file is small; more than this is something else.
_MOST_BYTES = 256 * 2**20


def read_labelled(path: Path, detector: Detector) -> LabelledSet:
    """A labelled JSONL file, or one that holds a JSON list.

    Raises:
        InputError: the file cannot be read, is empty, or a line is no row of the detector's form; names the line.
    """
    examples = []
    for number, row in _rows(path):
        try:
            examples.append(detector.read(row))
        except ValueError as error:
            raise InputError(str(error), where=f"{path}:{number}", mend=f"a row is {detector.form}") from None
    if not examples:
        raise InputError("holds no rows", where=str(path), mend=f"a row is {detector.form}")
    return LabelledSet(path.stem, tuple(examples))


def shipped_sets(detector: Detector) -> list[LabelledSet]:
    """The project's own labelled sets of a detector: ``data/NAME_*.jsonl`` beside this module."""
    return [read_labelled(path, detector) for path in sorted(_SHIPPED.glob(f"{detector.name}_*.jsonl"))]


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """The rows of a public JSONL file; none where it is not there."""
    return [row for _, row in _rows(path)] if path.is_file() else []


def read_csv(path: Path) -> list[dict[str, str]]:
    """The rows of a public CSV file with a header; none where it is not there."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def read_json(path: Path) -> list[dict[str, Any]]:
    """The rows of a public file that holds one JSON list; none where it is not there."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    text = _text(path)
    if text.lstrip().startswith("["):
        yield from _list_rows(text, path)
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, _row(line, f"{path}:{number}")


def _list_rows(text: str, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of a file that holds one JSON list, numbered from 1."""
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not valid JSON ({error})", where=str(path)) from None
    for number, row in enumerate(rows, 1):
        if not isinstance(row, Mapping):
            raise InputError("not a JSON object", where=f"{path}:{number}", mend="one JSON object a row")
        yield number, dict(row)


def _text(path: Path) -> str:
    if path.is_file() and path.stat().st_size > _MOST_BYTES:
        raise InputError(f"larger than {_MOST_BYTES >> 20} MiB", where=str(path), mend="split it")
    return read_text(path, encoding="utf-8-sig")


def _row(line: str, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not valid JSON ({error})", where=where, mend="one JSON object a line") from None
    if not isinstance(row, Mapping):
        raise InputError("not a JSON object", where=where, mend="one JSON object a line")
    return dict(row)
