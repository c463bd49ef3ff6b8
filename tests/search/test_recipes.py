"""A recipe that is written into another folder means there what it meant here."""

import os
from pathlib import Path

from harness.records import read_yaml
from harness.search.recipes import write_recipe
from harness.training import Recipe


def test_paths_of_every_section_are_moved_and_names_are_left(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "out/trial"
    for name in ("base", "first", "pack"):
        (here / name).mkdir(parents=True)
    for name in ("rows.jsonl", "held.jsonl", "text.txt"):
        (here / name).touch()
    recipe = Recipe(
        adapter="a",
        base="base",
        start="first",
        data=["rows.jsonl", "org/data"],
        evaluation={"data": "held.jsonl"},
        forgetting={"probes": ["./pack", "tag:forgetting"], "text": "text.txt"},
    )
    there.mkdir(parents=True)
    write_recipe(recipe, here, there / "recipe.yaml")
    value, _ = read_yaml(there / "recipe.yaml")
    moved = [value["base"], value["start"]["adapter"], value["data"][0], value["evaluation"]["data"]]
    moved += [value["forgetting"]["probes"][0], value["forgetting"]["text"]]
    names = ["base", "first", "rows.jsonl", "held.jsonl", "pack", "text.txt"]
    assert [os.path.realpath(there / one) for one in moved] == [os.path.realpath(here / one) for one in names]
    assert [value["data"][1], value["forgetting"]["probes"][1]] == ["org/data", "tag:forgetting"]
    assert value["forgetting"]["probes"][0].startswith(".")


def test_a_start_of_the_hub_or_the_registry_stays_what_it_is(tmp_path: Path) -> None:
    for start in ("registry:support:prod", {"adapter": "org/support", "revision": "v1"}):
        write_recipe(Recipe(adapter="a", data="org/data", start=start), tmp_path, tmp_path / "recipe.yaml")
        value, _ = read_yaml(tmp_path / "recipe.yaml")
        again = Recipe.model_validate(value)
        assert again.begins_with == Recipe(adapter="a", data="org/data", start=start).begins_with
