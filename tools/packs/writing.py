"""How a generator's rows become the files of a task pack: one JSON object a line, the same bytes each time."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

TASKS = Path(__file__).resolve().parents[2] / "tasks"

Row = dict[str, Any]
Files = dict[str, list[Row]]


def as_jsonl(rows: Sequence[Row]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def write(name: str, files: Mapping[str, Sequence[Row]]) -> None:
    """Rewrites the data files of one pack."""
    for file, rows in files.items():
        (TASKS / name / file).write_text(as_jsonl(rows), encoding="utf-8")


def multiple_choice(question: str, right: str, wrong: Sequence[str], rng: random.Random, **more: Any) -> Row:
    """A question with its options in a random order."""
    options = [right, *wrong]
    if len(set(options)) < len(options):
        raise ValueError(f"an option stands twice: {question} {options}")
    rng.shuffle(options)
    return {"question": question, "options": options, "answer": right, **more}


def unique(draw: Callable[[], Row], count: int, key: str, tries: int = 100_000) -> list[Row]:
    """``count`` rows that differ in ``key``.

    Raises:
        ValueError: the grammar is too small.
    """
    rows: dict[str, Row] = {}
    for _ in range(tries):
        row = draw()
        rows.setdefault(row[key], row)
        if len(rows) == count:
            return list(rows.values())
    raise ValueError(f"only {len(rows)} different rows")


def split_off(rows: list[Row], count: int) -> Files:
    """The last ``count`` rows as few-shot examples, the others as test."""
    return {"test.jsonl": rows[:-count], "train.jsonl": rows[-count:]}
