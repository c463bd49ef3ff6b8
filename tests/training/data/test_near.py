"""Near duplicates: what is returned is above the threshold by exact count, and clear cases are never missed."""

import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.training.data.near import NEAR, components, near_pairs

WORDS = [f"w{i}" for i in range(400)]


def similarity(one: str, other: str) -> float:
    """Jaccard similarity of two-word sequences, counted plainly."""
    sets = []
    for text in (one, other):
        words = ["", *text.split(), ""]
        sets.append({*pairwise(words)})
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 25), st.integers(0, 8))
def test_pairs_are_those_of_an_exact_count(seed: int, texts: int, changed: int) -> None:
    draw = random.Random(seed)
    rows = [" ".join(draw.choices(WORDS, k=draw.randint(1, 40))) for _ in range(texts)]
    for i in range(min(changed, texts)):
        words = rows[i].split()
        words[draw.randrange(len(words))] = "changed"
        rows.append(" ".join(words))
    found = {(int(a), int(b)) for a, b in near_pairs(rows)}
    exact = {(a, b): similarity(rows[a], rows[b]) for b in range(len(rows)) for a in range(b)}
    assert all(exact[pair] >= NEAR for pair in found)
    assert {pair for pair, value in exact.items() if value > 0.85} <= found


def test_case_punctuation_and_a_shared_template_do_not_count() -> None:
    assert len(near_pairs(["The cat sat down, on the mat.", "the cat sat down on the mat"])) == 1
    template = (
        "Read the following review of a product with care and say whether its writer is content with it or is not: {}"
    )
    rows = [template.format(f"{WORDS[i]} {WORDS[2 * i]} {WORDS[3 * i]}") for i in range(100)]
    assert similarity(rows[1], rows[2]) > NEAR
    assert len(near_pairs(rows)) == 0


def test_texts_without_spaces_are_told_by_their_characters() -> None:
    text = "今天天气很好，我们一起去公园散步，然后去吃饭。"
    assert near_pairs([text, text.replace("散步", "跑步"), "这是一个完全不同的句子，没有什么关系。"]).tolist() == [
        [0, 1]
    ]


@pytest.mark.parametrize("texts", [[], ["a"], ["", ""], ["...", "!!!"]])
def test_nothing_to_compare_gives_no_pairs(texts: list[str]) -> None:
    assert near_pairs(texts).shape == (0, 2)
    assert len(components(len(texts), near_pairs(texts))) == len(texts)


def test_many_copies_hang_together() -> None:
    draw = random.Random(0)
    copies = [f"{' '.join(WORDS[:30])} {WORDS[i]}" for i in range(30, 90)]
    others = [" ".join(draw.choices(WORDS, k=30)) for _ in range(1300)]
    group = components(1360, near_pairs([*copies, *others]))
    assert len(np.unique(group[:60])) == 1
    assert len(np.unique(group)) == 1301
