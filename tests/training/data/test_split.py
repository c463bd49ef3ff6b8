"""A split neither loses nor repeats a row, keeps what is alike together, and does not depend on the order of rows."""

import json
import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.records import InputError
from harness.training.data.record import Field, Record
from harness.training.data.split import parse_parts, row_line, split, write_parts

THIRDS = {"train": 0.8, "validation": 0.1, "test": 0.1}
WORDS = [f"w{i}" for i in range(300)]


def record(text: str, label: str = "x") -> Record:
    return Record(
        "t:1", {"text": text, "label": label}, (Field("text", "prompt", text), Field("label", "label", label))
    )


def lines(records: list[Record]) -> list[str]:
    return [row_line(one.raw) for one in records]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.text(max_size=30), st.sampled_from("abc")), min_size=1, max_size=40),
    st.integers(0, 99), st.randoms(use_true_random=False),
)  # fmt: skip
def test_no_row_is_lost_or_repeated_and_their_order_does_not_matter(rows, seed, shuffle) -> None:  # type: ignore[no-untyped-def]
    records = [record(text, label) for text, label in rows]
    parts = split(records, THIRDS, seed).parts
    assert Counter(line for part in parts.values() for line in lines(part)) == Counter(lines(records))
    shuffle.shuffle(records)
    assert {k: lines(v) for k, v in split(records, THIRDS, seed).parts.items()} == {
        k: lines(v) for k, v in parts.items()
    }


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_near_duplicates_and_equal_prompts_stay_in_one_part(seed: int) -> None:
    draw = random.Random(seed)
    records, family = [], {}
    for i in range(30):
        words = draw.choices(WORDS, k=30)
        text, changed = " ".join(words), " ".join([*words[:7], "changed", *words[8:]])
        for variant in (text, changed, text.upper() + " "):
            records.append(record(variant, draw.choice("ab")))
            family[variant] = i
    parts = split(records, THIRDS, seed).parts
    homes = {(family[one.raw["text"]], name) for name, part in parts.items() for one in part}
    assert len(homes) == 30


def test_each_label_gets_its_share_and_another_seed_gives_another_split() -> None:
    draw = random.Random(0)
    records = [record(" ".join(draw.choices(WORDS, k=20)), "rare" if i % 10 == 0 else "usual") for i in range(500)]
    parts = split(records, THIRDS, 1).parts
    counts = {name: Counter(one.label for one in part) for name, part in parts.items()}
    assert counts == {
        "train": {"usual": 360, "rare": 40},
        "validation": {"usual": 45, "rare": 5},
        "test": {"usual": 45, "rare": 5},
    }
    assert lines(split(records, THIRDS, 2).parts["test"]) != lines(parts["test"])


def test_parts_are_written_whole_and_never_over_others(tmp_path: Path) -> None:
    parts = {"train": [record("a\ud800 \u2028")], "test": [record("b")]}
    paths = write_parts(parts, tmp_path / "out")
    assert [json.loads(path.read_text())["text"] for path in paths.values()] == ["a\ud800 \u2028", "b"]
    with pytest.raises(InputError, match="already there"):
        write_parts(parts, tmp_path / "out")
    write_parts({"train": [record("c")]}, tmp_path / "out", force=True)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["test.jsonl", "train.jsonl"]


def test_nothing_is_written_where_one_part_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="JSON"):
        write_parts({"train": [record("a")], "test": [Record("t:1", {"text": b"x"}, ())]}, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    "text", ["", "train", "train=x", "train=0.5", "a=0.5,a=0.5", "../a=1", "a=1,b=0", "a=nan", "a=1e9"]
)
def test_parts_that_cannot_be_read_are_one_line(text: str) -> None:
    with pytest.raises(InputError, match="--parts"):
        parse_parts(text)


def test_parts_are_read() -> None:
    assert parse_parts("train=.75, test=0.25") == {"train": 0.75, "test": 0.25}


def test_a_group_too_large_for_its_share_is_told(tmp_path: Path) -> None:
    draw = random.Random(0)
    records = [record(" ".join(draw.choices(WORDS, k=20))) for _ in range(60)]
    assert not split(records, THIRDS).off(THIRDS)
    found = split([*records, *[record(f"not true and false or true{' ' * i}") for i in range(90)]], THIRDS)
    assert found.largest == 90
    assert not found.off(THIRDS)
    halves = {"train": 0.5, "test": 0.5}
    assert split(found.parts["train"], halves).off(halves)
