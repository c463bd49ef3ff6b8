"""A small task pack that tests write to a folder and change in one place."""

import copy
import json
from pathlib import Path
from typing import Any

import yaml

from harness.tasks import PackTask, Task

ROWS = [
    {"text": "I love it", "label": "good"},
    {"text": "I hate it", "label": "bad"},
    {"text": "It is lovely", "label": "good"},
    {"text": "It is awful", "label": "bad"},
]

DEFINITION: dict[str, Any] = {
    "task": "mood",
    "description": "Good or bad.",
    "data": {"path": "test.jsonl"},
    "prompt": "How is this: {{ text }}",
    "target": "{{ label }}",
    "labels": ["good", "bad"],
    "metrics": ["accuracy"],
}


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def write_pack(
    folder: Path, rows: list[dict[str, Any]] | None = None, name: str = "mood", without: str = "", **changes: Any
) -> Path:
    """The pack's task.yaml; ``changes`` replace keys of the definition, ``without`` drops one."""
    pack = folder / name
    pack.mkdir(parents=True, exist_ok=True)
    write_rows(pack / "test.jsonl", ROWS if rows is None else rows)
    definition = {**copy.deepcopy(DEFINITION), "task": name, **changes}
    definition.pop(without, None)
    (pack / "task.yaml").write_text(yaml.safe_dump(definition, sort_keys=False), encoding="utf-8")
    return pack / "task.yaml"


def make_task(folder: Path, rows: list[dict[str, Any]] | None = None, **changes: Any) -> Task:
    return PackTask.read(write_pack(folder, rows, **changes))
