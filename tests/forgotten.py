"""A run of replayed answers whose every flip is known: an old skill, a new one, and models that lose of the old."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

import harness
from tests.packs import write_pack

N = 40
LABELS = ["refund", "parcel"]
#: Of 40 old questions the base has the first 30 right, of 40 new ones the first 10.
OLD_RIGHT, NEW_RIGHT = 30, 10


def old_rows() -> list[dict[str, str]]:
    return [{"text": f"Capital of land {i}?", "label": f"City {i}"} for i in range(N)]


def new_rows() -> list[dict[str, str]]:
    return [{"text": f"Queue of message {i}?", "label": LABELS[i % 2]} for i in range(N)]


def right(rows: list[dict[str, str]], places: set[int], wrong: str = "no idea") -> dict[str, str]:
    """Answers that are right at some places."""
    return {row["text"]: row["label"] if i in places else wrong for i, row in enumerate(rows)}


def base_answers() -> dict[str, str]:
    return right(old_rows(), set(range(OLD_RIGHT))) | right(new_rows(), set(range(NEW_RIGHT)), "neither")


def hot_answers() -> dict[str, str]:
    """Loses 12 of the 30 and learns 3 of the 10; 8 of the lost are answered as a queue. Has 38 of 40 new ones right."""
    old = right(old_rows(), set(range(12, OLD_RIGHT)) | {30, 31, 32})
    for i in range(8):
        old[old_rows()[i]["text"]] = f"{LABELS[i % 2].title()}."
    return old | right(new_rows(), set(range(38)), "neither")


def constant_answers() -> dict[str, str]:
    """Says the same to everything, which is right for every other new question."""
    return {row["text"]: LABELS[0] for row in (*old_rows(), *new_rows())}


def replayed(folder: Path, answers: Mapping[str, Mapping[str, str]], **suite: Any) -> harness.Run:
    """The compared run of some models' answers by prompt; the first model is the base.

    Packs ``capitals`` (tagged as a probe) and ``queues`` are written; further ones may lie in the folder already.
    """
    write_pack(folder, "capitals", old_rows(), tags=["forgetting"])
    write_pack(folder, "queues", new_rows(), tags=["target"], labels=LABELS, metrics=["f1_macro", "accuracy"])
    for name, said in answers.items():
        rows = [{"prompt": prompt, "response": text} for prompt, text in said.items()]
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    settings = {
        "suite": "forgotten",
        "base": "reference",
        "models": {name: {} for name in answers},
        "engine": {"kind": "replay", "options": {"path": "{model}.jsonl"}},
        "tasks": ["./capitals", "./queues"],
    } | suite
    (folder / "suite.yaml").write_text(yaml.safe_dump(settings))
    run = harness.evaluate(folder / "suite.yaml", folder / "run")
    harness.compare(run)
    return run
