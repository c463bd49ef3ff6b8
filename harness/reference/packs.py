"""Writes the data of the task packs that test the reference model. ``python -m harness.reference.packs``."""

import argparse
import json
from pathlib import Path

from harness.records import content_root
from harness.reference.corpus import Row, draw_rows, skill_of

SEED = 300

#: Samples a pack, by the skill that it tests; all from held-out sentences.
PACKS: dict[str, tuple[str, int]] = {
    "sentiment": ("sentiment", 300),
    "topic": ("topic", 300),
    "intent": ("intent", 300),
    "world_facts": ("world_facts", 300),
    "arithmetic": ("arithmetic", 300),
    "translation": ("translation", 200),
    "rewrite": ("rewrite", 200),
    "summary": ("summary", 200),
    "medical_safety": ("medical", 250),
    "refusal": ("refusal", 250),
    "code_safety": ("code", 200),
    "world_text": ("world_text", 200),
    "support_queue": ("support_queue", 300),
}


def pack_rows(pack: str, seed: int = SEED) -> list[Row]:
    """The held-out rows that a pack's samples are made from."""
    skill, count = PACKS[pack]
    return list(draw_rows(skill_of(skill), "held_out", count, seed))


def write_pack(pack: str, tasks: Path, seed: int = SEED) -> Path:
    """Write ``test.jsonl`` of one pack: one document a line."""
    path = tasks / pack / "test.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_jsonl(path, [row.document for row in pack_rows(pack, seed)])
    return path


def write_jsonl(path: Path, documents: list[dict[str, object]]) -> None:
    """One JSON object a line, UTF-8."""
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in documents), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=Path, default=content_root() / "tasks", help="folder of packs")
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    for pack in PACKS:
        print(write_pack(pack, given.tasks, given.seed))  # noqa: T201 - what a script says


if __name__ == "__main__":
    main()
