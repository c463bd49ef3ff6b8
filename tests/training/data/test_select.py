"""Farthest-first selection takes the rows that a plain double loop takes, and covers clusters."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.training.data.select import embeddings, farthest_first, tfidf


def plainly(vectors: np.ndarray, count: int, first: int) -> list[int]:
    """The textbook's loop."""
    taken = [first]
    while len(taken) < count:
        distance = [min(1 - vectors[i] @ vectors[j] for j in taken) for i in range(len(vectors))]
        taken.append(max((i for i in range(len(vectors)) if i not in taken), key=lambda i: distance[i]))
    return taken


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 30), st.integers(1, 10))
def test_rows_are_those_of_the_plain_loop(seed: int, rows: int, count: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(rows, 4))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    taken = farthest_first(vectors, count).tolist()
    assert taken == plainly(vectors, min(count, rows), taken[0])


@pytest.mark.parametrize("vectorize", [tfidf, embeddings])
def test_one_row_of_each_subject_comes_first(vectorize) -> None:  # type: ignore[no-untyped-def]
    subjects = [
        "The cat sleeps on the sofa",
        "Interest rates of the bank rose",
        "He scored a goal in the football match",
    ]
    texts = [f"{subject}, number {i}" for subject in subjects for i in range(6)]
    assert {i // 6 for i in farthest_first(vectorize(texts), 3)} == {0, 1, 2}


def test_texts_without_words_and_too_large_a_wish_give_all_rows_once() -> None:
    assert sorted(farthest_first(tfidf(["...", "!", ""]), 9).tolist()) == [0, 1, 2]
