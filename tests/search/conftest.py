"""A recipe on a tiny chat model with a ``tune`` section, and two small tasks to measure it with."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.packs import write_pack

SUMS = [{"text": f"What is {i} plus one?", "label": f"It is {i + 1}."} for i in range(24)]
RATES = {"low": 0.001, "high": 0.05, "log": True}


@pytest.fixture
def recipe(tmp_path: Path, chat_model: Path) -> Callable[..., Path]:
    """Writes the recipe; ``tune`` overrides keys of its section (None leaves one out), ``more`` those of the recipe."""
    write_pack(tmp_path, "sums", SUMS, format="chat", metrics=["chrf", "exact_match"], generation={"max_tokens": 6})
    words = [{"text": f"Say {i}", "label": f"word {i}"} for i in range(16)]
    write_pack(
        tmp_path,
        "words",
        words,
        format="chat",
        tags=["forgetting"],
        output="multiple_choice",
        choices=["{{ label }}", "zebra {{ text }}"],
        metrics=["accuracy"],
    )
    rows = [{"prompt": row["text"], "response": row["label"]} for row in SUMS[:12]]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def write(tune: dict[str, Any] | None = None, *, plain: bool = False, **more: Any) -> Path:
        section = {
            "ranges": {"schedule.learning_rate": RATES, "method.r": [2, 4]},
            "tasks": ["./sums", "./words"],
            "objective": "sums/chrf",
            "trials": 2,
        } | (tune or {})
        value: dict[str, Any] = {
            "adapter": "sums",
            "base": str(chat_model),
            "method": {"kind": "lora", "r": 2},
            "data": "rows.jsonl",
            "schedule": {"max_steps": 4, "batch_size": 4, "learning_rate": 0.01},
        } | more
        if not plain:
            value["tune"] = {name: given for name, given in section.items() if given is not None}
        (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(value))
        return tmp_path / "recipe.yaml"

    return write
