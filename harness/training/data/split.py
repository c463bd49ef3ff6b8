"""Data in parts: seeded, each label in its share, and rows that are alike in one part."""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness.records import InputError
from harness.training.data.check import read_records
from harness.training.data.near import components, near_pairs
from harness.training.data.record import Record
from harness.training.data.repeats import normalized

#: A part names a file.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
#: A part this far off its share is worth a word.
_OFF = 0.02
_SHARE = re.compile(r"[01]?\.?\d{1,12}")


def parse_parts(text: str) -> dict[str, float]:
    """Shares by name, from ``train=0.8,test=0.2``.

    Raises:
        InputError: a name or a share is none, a name stands twice, or shares do not add up to 1.
    """
    parts: dict[str, float] = {}
    for piece in text.split(","):
        name, _, share = (side.strip() for side in piece.partition("="))
        if not _NAME.fullmatch(name) or name in parts or not _SHARE.fullmatch(share) or float(share) <= 0:
            raise InputError(
                f"cannot read the part {piece.strip()!r}", where="--parts", mend="write train=0.8,test=0.2"
            )
        parts[name] = float(share)
    if abs(sum(parts.values()) - 1) > 1e-6:
        raise InputError(f"shares add up to {sum(parts.values()):g}, not 1", where="--parts", mend="change a share")
    return parts


def readable(reference: Path | str) -> list[Record]:
    """The records of a file or hub id in which every line is a row.

    Raises:
        InputError: a line is none; leaving it out would lose it.
    """
    records, faults, _ = read_records([reference])
    bad = [fault for fault in faults if fault.kind in ("bad_row", "bad_bytes")]
    if bad:
        raise InputError(f"{len(bad)} lines are no rows", where=bad[0].where, mend="see harness data check")
    return records


@dataclass(frozen=True)
class Split:
    """Records by part, in random order.

    Attributes:
        groups: How many groups of rows that stay together there are.
        largest: Rows of the largest group.
    """

    parts: dict[str, list[Record]]
    groups: int
    largest: int

    def off(self, shares: Mapping[str, float]) -> bool:
        """Whether large groups left a part more than a fiftieth of all rows away from its share."""
        rows = sum(map(len, self.parts.values()))
        allowed = max(1, _OFF * rows)
        return any(abs(len(part) - shares[name] * rows) > allowed for name, part in self.parts.items())


def split(records: Sequence[Record], parts: Mapping[str, float], seed: int = 0) -> Split:
    """Every record in exactly one part, whatever order they come in.

    Records of equal prompts and near duplicates (`near_pairs` of whole texts) form a group, and a group stays whole.
    Groups go, the largest first and in random order among equals, to the part that lacks most of their labels.

    Args:
        parts: Share by name; shares are relative to their sum.
        seed: Another seed, another split.

    Returns:
        All parts. They may be off their shares where groups are large.
    """
    lines = [row_line(record.raw) for record in records]
    order = sorted(range(len(records)), key=lambda i: _draw(seed, lines[i]))
    rows = [records[i] for i in order]
    group, names = groups([row.prompt for row in rows], [row.text for row in rows]), list(parts)
    part = _assign(group, _labels(rows), np.array([parts[name] for name in names], dtype=float))
    found = {name: [row for row, at in zip(rows, part, strict=True) if at == i] for i, name in enumerate(names)}
    sizes = np.bincount(group)
    return Split(found, len(sizes), int(sizes.max(initial=0)))


def groups(prompts: Sequence[str], texts: Sequence[str]) -> np.ndarray:
    """The number of each row's group: rows of equal prompts, and near duplicates as whole texts; shape ``(rows,)``."""
    first: dict[str, int] = {}
    same = [(first.setdefault(one, i), i) for i, prompt in enumerate(prompts) if (one := normalized(prompt))]
    pairs = [near_pairs(texts), np.array(same, dtype=np.int64).reshape(-1, 2)]
    return components(len(texts), np.concatenate(pairs))


def _assign(group: np.ndarray, label: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """The part of each row; ``group`` and ``label`` hold small numbers, shape ``(rows,)``."""
    lacking = np.outer(shares / shares.sum(), np.bincount(label)).astype(float)
    members: dict[int, list[int]] = {}
    for row, number in enumerate(group.tolist()):
        members.setdefault(number, []).append(row)
    part = np.empty(len(group), dtype=np.int64)
    for rows in sorted(members.values(), key=len, reverse=True):
        counts = np.bincount(label[rows], minlength=lacking.shape[1])
        wanted = lacking @ counts
        best = np.flatnonzero(wanted >= wanted.max() - 1e-9)
        chosen = best[np.argmax(lacking[best].sum(axis=1))]
        lacking[chosen] -= counts
        part[rows] = chosen
    return part


def _labels(records: Sequence[Record]) -> np.ndarray:
    names = sorted({record.label or "" for record in records})
    number = {name: i for i, name in enumerate(names)}
    # A column that differs in nearly every row is free text and gives nothing to balance.
    if len(names) > len(records) / 2:
        return np.zeros(len(records), dtype=np.int64)
    return np.array([number[record.label or ""] for record in records], dtype=np.int64)


def _draw(seed: int, line: str) -> bytes:
    return hashlib.sha256(f"{seed}\n{line}".encode()).digest()


def row_line(row: Mapping[str, Any]) -> str:
    """A row as one line of JSON.

    Raises:
        InputError: a column holds what JSON cannot (bytes, dates of a Parquet file).
    """
    try:
        line = json.dumps(row, ensure_ascii=False)
        line.encode()
    except UnicodeEncodeError:  # half a surrogate pair
        return json.dumps(row)
    except (TypeError, RecursionError) as error:
        raise InputError(f"a column cannot be written as JSON ({error})", mend="convert it to text") from None
    return line


def write_parts(parts: Mapping[str, Sequence[Record]], out: Path, *, force: bool = False) -> dict[str, Path]:
    """Write ``<part>.jsonl`` files into a folder: all of them, or none where one cannot be written.

    Raises:
        InputError: a file is there and ``force`` is not given, or the folder cannot be written.
    """
    paths = {name: out / f"{name}.jsonl" for name in parts}
    there = next((path for path in paths.values() if path.exists()), None)
    if there is not None and not force:
        raise InputError("already there", where=str(there), mend="name another place, or give --force")
    partial = out / f".parts.{os.getpid()}"
    try:
        partial.mkdir(parents=True)
        for name, records in parts.items():
            text = "".join(row_line(record.raw) + "\n" for record in records)
            (partial / f"{name}.jsonl").write_text(text, encoding="utf-8", newline="\n")
        for path in paths.values():
            (partial / path.name).replace(path)
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror or error})", where=str(out)) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return paths
