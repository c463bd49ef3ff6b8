"""Two small probes with a text beside a recipe: fast on a model with random weights."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

WORDS = ["red", "blue", "green", "yellow", "black", "white", "brown", "grey", "pink", "gold", "silver", "orange"]


@pytest.fixture
def probes(tmp_path: Path) -> dict[str, Any]:
    """A ``forgetting:`` section whose packs and text lie beside the recipe."""
    pick = {
        "task": "pick",
        "data": {"path": "rows.jsonl"},
        "output": "multiple_choice",
        "prompt": "Which one is {{ word }}? It is",
        "choices": ["{{ word }}", "{{ other }}"],
        "target": "{{ word }}",
        "metrics": ["accuracy"],
    }
    say = {
        "task": "say",
        "data": {"path": "rows.jsonl"},
        "format": "chat",
        "prompt": "Say {{ word }}.",
        "target": "{{ word }}",
        "generation": {"max_tokens": 4},
        "metrics": ["exact_match"],
    }
    rows = [{"word": word, "other": WORDS[place - 1]} for place, word in enumerate(WORDS)]
    for task in (pick, say):
        folder = tmp_path / "packs" / str(task["task"])
        folder.mkdir(parents=True)
        (folder / "task.yaml").write_text(yaml.safe_dump(task))
        (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    lines = [f"The {one} house stands beside the {other} tree." for one, other in zip(WORDS, WORDS[::-1], strict=True)]
    (tmp_path / "text.txt").write_text("\n".join(lines))
    return {"probes": ["./packs/pick", "./packs/say"], "text": "text.txt"}


@pytest.fixture
def looks() -> Callable[[Path], list[dict[str, Any]]]:
    """The lines of a finished training's log."""

    def read(folder: Path) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (folder / "forgetting.jsonl").read_text().splitlines()]

    return read
