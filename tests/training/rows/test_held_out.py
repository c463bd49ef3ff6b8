"""Held-out rows are drawn by their content, and what is nearly the same as a row stands on its side."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.records import InputError, Message
from harness.training import prepare, read_recipe
from harness.training.rows.examples import Example
from harness.training.rows.held_out import draw_held_out

WORDS = [f"w{i}" for i in range(300)]


def example(prompt: str, answer: str = "Yes.") -> Example:
    return Example((Message("user", prompt), Message("assistant", answer)), "t:1")


def families(seed: int, count: int) -> list[list[Example]]:
    """Groups of rows: a text, a near duplicate of it, and the same prompt with another answer."""
    draw = random.Random(seed)
    found = []
    for _ in range(count):
        words = draw.choices(WORDS, k=30)
        text, changed = " ".join(words), " ".join([*words[:7], "changed", *words[8:]])
        found.append([example(text), example(changed), example(text.upper() + " ", "No, never.")])
    return found


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_near_duplicates_stand_on_one_side_whatever_the_order(seed: int) -> None:
    groups = families(seed, 30)
    rows = [one for group in groups for one in group]
    held = draw_held_out(rows, 0.3, seed)
    assert all(len({one.prompt_hash in held for one in group}) == 1 for group in groups)
    random.Random(seed).shuffle(rows)
    assert draw_held_out(rows, 0.3, seed) == held


def test_the_fraction_is_met_and_rows_that_come_later_move_no_other() -> None:
    groups = families(0, 400)
    rows = [one for group in groups for one in group]
    held = draw_held_out(rows, 0.2, 1)
    assert 0.15 < sum(group[0].prompt_hash in held for group in groups) / 400 < 0.25
    more = draw_held_out([*rows, *[one for group in families(9, 50) for one in group]], 0.2, 1)
    assert held <= more
    assert draw_held_out(rows, 0.2, 2) != held
    assert draw_held_out(rows, 0.0, 1) == set()


Write = Callable[..., Path]


def test_rows_of_a_file_of_their_own_are_held_out_and_prompts_that_are_trained_on_are_told(
    chat_model: Path, write: Write
) -> None:
    recipe = write(chat_model, evaluation={"data": "apart.jsonl"})
    apart = recipe.parent / "apart.jsonl"
    apart.write_text('{"prompt": "What is a tree?", "response": "A plant."}\n{"question": "q", "answer": "a"}\n')
    with pytest.raises(InputError, match=r"apart.jsonl:2: .*line 2 \(no prompt\)"):
        prepare(read_recipe(recipe), recipe.parent)
    apart.write_text(
        '{"prompt": "What is a tree?", "response": "A plant."}\n{"prompt": "what is 3  plus one?", "response": "4"}\n'
    )
    prepared = prepare(read_recipe(recipe), recipe.parent)
    assert ([row.where for row in prepared.held_out], len(prepared.rows)) == (["apart.jsonl:1", "apart.jsonl:2"], 12)
    assert any(
        "1 of 2 rows of evaluation.data" in one and "apart.jsonl:2" in one for one in prepared.diagnosis.warnings
    )
    before = prepared.fingerprint
    apart.write_text('{"prompt": "What is a bee?", "response": "An insect."}\n')
    assert prepare(read_recipe(recipe), recipe.parent).fingerprint != before


def test_a_fraction_and_a_file_together_are_refused(chat_model: Path, write: Write) -> None:
    recipe = write(chat_model, evaluation={"data": "apart.jsonl", "fraction": 0.1})
    with pytest.raises(InputError, match="give one of them"):
        read_recipe(recipe)


def test_training_data_comes_from_a_hub_id_with_its_subset_and_split(
    chat_model: Path, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mirror" / "org" / "name" / "small"
    folder.mkdir(parents=True)
    (folder / "validation.jsonl").write_text('{"prompt": "What is a tree?", "response": "A plant."}\n')
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "mirror"))
    hub: dict[str, Any] = {"hub": "org/name", "subset": "small", "split": "validation"}
    for data in ("org/name/small/validation", hub, [hub]):
        recipe = write(chat_model, data=data)
        (row,) = prepare(read_recipe(recipe), recipe.parent).rows
        assert row.where == "org/name/validation.jsonl:1"
    with pytest.raises(InputError, match="hub"):
        read_recipe(write(chat_model, data=hub | {"path": "x"}))


def test_too_much_text_to_compare_is_told(chat_model: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.training.rows.held_out.GROUPED_CHARACTERS", 100)
    recipe = write(chat_model, evaluation={"fraction": 0.3})
    prepared = prepare(read_recipe(recipe), recipe.parent)
    assert any("near duplicates may be trained on" in one for one in prepared.diagnosis.warnings)
    assert prepared.held_out and prepared.rows
