"""From ranges to recipes: values land where they belong, and what cannot be trained is refused at once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.records import InputError
from harness.search.space import check_ranges, grid, recipe_with
from harness.training import Recipe, read_recipe
from harness.training.recipes.tuning import Tuning

RECIPE = Recipe(adapter="a", data="rows.jsonl", schedule={"epochs": 1, "batch_size": 4})
Write = Callable[..., Path]


def tuning(**ranges: Any) -> Tuning:
    return Tuning(ranges=ranges, tasks=["t"], objective="t")


def test_values_take_their_places_and_all_else_stays() -> None:
    made = recipe_with(RECIPE, {"schedule.learning_rate": 0.02, "method.r": 4, "seed": 7})
    assert (made.schedule.learning_rate, made.method.r, made.seed) == (0.02, 4, 7)  # type: ignore[union-attr]
    assert made.schedule.batch_size == 4 and made.schedule.epochs == 1 and made.tune is None


def test_methods_can_be_searched_by_their_kind() -> None:
    assert recipe_with(RECIPE, {"method.kind": "ia3"}).method.kind == "ia3"
    ranked = RECIPE.model_validate(RECIPE.model_dump(exclude_unset=True) | {"method": {"kind": "lora", "r": 4}})
    with pytest.raises(InputError, match=r"method.kind: full \(with it there is no key 'r', which the recipe has\)"):
        check_ranges(ranked, tuning(**{"method.kind": ["lora", "full"]}))


@pytest.mark.parametrize(
    ("ranges", "line"),
    [
        ({"schedule.learning_rat": [1.0]}, r"no key 'schedule.learning_rat'; did you mean 'learning_rate'\?"),
        ({"method.rank": [1]}, r"no key 'method.rank'"),
        ({"schedul.epochs": [1]}, r"no key 'schedul.epochs'; did you mean 'schedule'\?"),
        ({"seed.more": [1]}, r"'seed' has no keys below it"),
        ({"schedule": [1]}, r"tune.ranges.schedule: is a section, not a value"),
        ({"method.r": [8, 0]}, r"does not take method.r: 0"),
        ({"schedule.epochs": {"low": -1, "high": 2}}, r"does not take schedule.epochs: -1"),
        ({"schedule.max_steps": [5]}, r"epochs and max_steps both"),
        ({"base": ["a", "b"]}, r"'base' cannot be searched"),
    ],
)
def test_a_range_that_no_training_can_come_of_is_refused(ranges: dict[str, Any], line: str) -> None:
    with pytest.raises(InputError, match=line):
        check_ranges(RECIPE, tuning(**ranges))


@pytest.mark.parametrize(
    ("tune", "line"),
    [
        ({"ranges": {"method.r": {"low": 8, "high": 8}}}, r"recipe.yaml:\d+: .*empty range: low 8 is not below high 8"),
        ({"ranges": {"schedule.learning_rate": {"low": 0.1, "high": float("inf")}}}, r"numbers that are finite"),
        ({"ranges": {"method.r": {"low": 4, "high": 8, "step": 5}}}, r"step 5 is longer than the range from 4 to 8"),
        ({"ranges": {"method.r": []}}, r"at least 1 item"),
        ({"ranges": {}}, r"at least 1 item"),
        ({"ranges": {"method.r": {"low": 0, "high": 8, "log": True}}}, r"logarithmic range needs a low above 0"),
        ({"ranges": {"method.r": [4, 4]}}, r"a value stands twice"),
        ({"sampler": "grid"}, r"range of schedule.learning_rate: a grid needs a list, or a step"),
        ({"suite": "s.yaml"}, r"either a suite or tasks"),
        ({"tasks": None}, r"either a suite or tasks"),
        ({"subject_to": "gate"}, r"subject_to: gate needs rules"),
        ({"against": "forgetting", "pruner": "median"}, r"a pruner needs one goal"),
        ({"sampler": "tpee"}, r"'tpe', 'random', 'nsga2' or 'grid'"),
        ({"trails": 5}, r"unknown key 'tune.trails'; did you mean 'trials'\?"),
    ],
)
def test_a_section_that_makes_no_sense_is_refused_with_its_line(recipe: Write, tune: dict[str, Any], line: str) -> None:
    with pytest.raises(InputError, match=line):
        read_recipe(recipe(tune))


def test_the_section_is_no_part_of_the_training(recipe: Write) -> None:
    from harness.training import prepare

    path = recipe()
    searched = prepare(read_recipe(path), path.parent).fingerprint
    plain = read_recipe(path).model_copy(update={"tune": None})
    assert prepare(plain, path.parent).fingerprint == searched


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 50), min_size=1, max_size=4, unique=True),
    st.integers(1, 20),
    st.integers(1, 5),
    st.integers(0, 3),
)
def test_a_grid_holds_every_combination_once(values: list[int], low: int, step: int, seed: int) -> None:
    span = {"low": low, "high": low + 3 * step, "step": step}
    section = Tuning(ranges={"a": values, "b": span}, tasks=["t"], objective="t", sampler="grid", seed=seed)
    points = [(point["a"], point["b"]) for point in grid(section)]
    assert sorted(points) == sorted((a, low + i * step) for a in values for i in range(4))
