"""On the reference model: a careful recipe gains a new skill and keeps the old ones, a hot one is stopped in time."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.records import content_root
from harness.training import Recipe, read_recipe, train

ADAPTERS = content_root() / "adapters"


def trained(name: str, out: Path, **changes: Any) -> Any:
    recipe = read_recipe(ADAPTERS / f"{name}.yaml").model_dump() | changes
    adapter = train(Recipe.model_validate(recipe), out, folder=ADAPTERS)
    return json.loads((adapter.folder / "training.json").read_text())


@pytest.mark.slow
def test_a_careful_recipe_gains_twenty_points_on_held_out_messages_and_loses_nothing(tmp_path: Path) -> None:
    schedule = {"max_steps": 120, "batch_size": 16, "learning_rate": 3e-3}
    section = {"probes": ["support_queue", "sentiment"], "samples": 48, "every": 100}
    record = trained("careful", tmp_path / "a", schedule=schedule, forgetting=section)
    assert "stopped" not in record
    queue, *old = record["forgetting"]["final"]["probes"]
    assert queue["drop"]["high"] < -0.2, "the whole interval of the gain lies above 20 points"
    assert all(one["base"] > 0.9 and one["tuned"] > 0.9 for one in old)


@pytest.mark.slow
def test_a_hot_recipe_is_stopped_before_it_has_run_a_tenth_of_its_way(tmp_path: Path) -> None:
    section = {"probes": ["rewrite", "intent"], "samples": 32, "every": 5}
    record = trained("careless", tmp_path / "a", forgetting=section)
    stopped = record["stopped"]
    assert stopped["limit"] == "accuracy_drop" and stopped["step"] <= 15 < record["planned_steps"] / 10 + 1
    assert stopped["low"] > stopped["bound"] == 0.05
    assert record["saved_step"] == stopped["kept_step"] < stopped["step"]
    kept = record["forgetting"]["final"]
    assert all(one["tuned"] > 0.9 for one in kept["probes"]) and kept["crossed"] == []
