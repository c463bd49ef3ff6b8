"""The corpus: its splits share no sentence, its generators repeat themselves, and the shipped data comes from them."""

import json

import pytest

from harness.records import content_root
from harness.reference import adapter_data
from harness.reference.build import SEED
from harness.reference.corpus import SKILLS, Row, draw_rows, shared_sentences, skill_of, split_of, training_rows
from harness.reference.corpus.rows import HELD_OUT_PERCENT, sentences
from harness.reference.packs import PACKS, pack_rows


@pytest.fixture(scope="module")
def taught() -> list[Row]:
    """All that the shipped model and the demo's adapters are trained on."""
    return [*training_rows(SEED), *adapter_data.careful_rows(), *adapter_data.careless_rows()]


@pytest.fixture(scope="module")
def asked() -> list[Row]:
    return [row for pack in PACKS for row in pack_rows(pack)]


def test_training_and_packs_share_no_sentence(taught: list[Row], asked: list[Row]) -> None:
    assert len(taught) > 50_000
    assert len(asked) > 3_000
    assert shared_sentences(taught, asked) == set()


def test_a_shared_sentence_is_found_whatever_its_case_and_marks() -> None:
    taught = Row("medical", "First one. The cat sat, here!", "", "")
    asked = Row("medical", "the CAT sat here. Another.", "", "")
    assert shared_sentences([taught], [asked]) == {"the cat sat here"}
    assert shared_sentences([Row("summary", "a.", "", "Same end.")], [Row("summary", "b.", "", "same end")])


def test_every_sentence_lies_in_the_split_that_its_words_decide(asked: list[Row]) -> None:
    assert all(split_of(one) == "held_out" for row in asked for one in sentences(row.text))


def test_the_split_takes_its_share() -> None:
    held_out = sum(split_of(f"sentence number {at}") == "held_out" for at in range(20_000))
    # Five standard errors of a proportion of 15 % over 20,000.
    assert abs(held_out / 20_000 - HELD_OUT_PERCENT / 100) < 0.0127


def test_no_training_row_comes_from_the_skill_that_adapters_learn() -> None:
    assert "support_queue" not in SKILLS
    words = {label for row in pack_rows("support_queue") for label in [row.response]}
    assert len(words) == 8
    assert not any(row.response in words for row in training_rows(SEED, 0.02))


@pytest.mark.parametrize("skill", [*SKILLS, "support_queue"])
def test_a_generator_repeats_itself_and_changes_with_its_seed(skill: str) -> None:
    first, again, other = (list(draw_rows(skill_of(skill), "train", 30, seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert len({row.text for row in first}) == 30


@pytest.mark.parametrize("pack", PACKS)
def test_shipped_pack_is_what_the_generator_writes(pack: str) -> None:
    lines = (content_root() / "tasks" / pack / "test.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [row.document for row in pack_rows(pack)]
    assert len(lines) == PACKS[pack][1]


@pytest.mark.parametrize("name", ["careful", "careless"])
def test_shipped_adapter_data_is_what_the_generator_writes(name: str) -> None:
    lines = (content_root() / "adapters" / "data" / f"support_{name}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = getattr(adapter_data, f"{name}_rows")()
    assert [json.loads(line) for line in lines] == [adapter_data.conversation(row) for row in rows]
