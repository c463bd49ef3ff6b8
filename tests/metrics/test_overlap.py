"""Counting n-grams of many texts at once gives what counting them one by one gives, whatever the texts hold."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics import BLEU

from harness.metrics import build_metric
from harness.metrics.text import overlap, words
from harness.metrics.text.overlap import ngram_matches
from harness.metrics.text.words import encode_pairs
from tests.metrics.helpers import said

#: Pieces that 13a treats in ways of its own, among ordinary ones.
PIECES = ["a", "B", "don't", "3.14", "1,000", "-", "co-\n", "\n", "<skipped>", "-<skipped>\n", "&quot;", "&amp;lt;"]
PIECES += [".", ",", "...", "e.g.", "(x)", "5-", "\u00a0", "\x1c", "\u0130", "\u03a3", "\ud800", "\U0001f600", "x@y.z"]
TEXTS = st.lists(st.sampled_from(PIECES) | st.sampled_from([" ", "  ", "\t"]), max_size=30).map("".join)


def plainly(found: str, wanted: str, order: int) -> int:
    one, other = (Counter(text[i : i + order] for i in range(len(text) - order + 1)) for text in (found, wanted))
    return (one & other).total()


@given(st.lists(st.tuples(st.text("abc\ud800\U0010ffff", max_size=12), st.text("abc", max_size=12)), max_size=9))
def test_matches_are_those_of_counters(pairs):
    found, wanted = [one for one, _ in pairs], [other for _, other in pairs]
    expected = [[plainly(one, other, order) for order in (1, 2, 3, 4, 7)] for one, other in pairs]
    assert ngram_matches(found, wanted, (1, 2, 3, 4, 7)).tolist() == expected


def test_batches_and_long_texts_change_nothing(monkeypatch):
    chance = np.random.default_rng(0)
    texts = ["".join(map(chr, chance.integers(60, 90, size))) for size in (0, 3, 40, 5000, 20, 1, 300, 0)]
    found, wanted = texts, texts[::-1]
    expected = [[plainly(one, other, order) for order in (1, 2, 4)] for one, other in zip(found, wanted, strict=True)]
    for size in (1, 10, 6000, 10**6):
        monkeypatch.setattr(overlap, "BATCH", size)
        assert ngram_matches(found, wanted, (1, 2, 4)).tolist() == expected


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=5))
@pytest.mark.parametrize("options", [{}, {"lowercase": True}, {"tokenize": "none"}, {"tokenize": "char"}])
def test_bleus_statistics_are_sacrebleus_for_any_text(options, pairs):
    rows = BLEU(force=True, **options)._extract_corpus_statistics(
        [one for one, _ in pairs], [[other for _, other in pairs]]
    )
    scores = build_metric({"name": "bleu", **options}).measure([said(one, other) for one, other in pairs])
    assert [score.statistics for score in scores] == [(*map(float, row), 1.0) for row in rows]


@settings(deadline=None, max_examples=40)
@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=3))
@pytest.mark.parametrize("stemmer", [False, True])
def test_rouges_values_are_rouge_scores_for_any_text(stemmer, text, references):
    text, *references = (one.replace("\ud800", "?") for one in (text, *references))
    names = ["rouge1", "rouge2", "rougeL"]
    expected = RougeScorer(names, use_stemmer=stemmer).score_multi(references, text)
    for name in names:
        (score,) = build_metric({"name": name, "stemmer": stemmer}).measure([said(text, *references)])
        assert score.value == expected[name].fmeasure


def test_a_new_code_is_begun_between_pairs_when_one_is_full(monkeypatch):
    monkeypatch.setattr(words, "FULL", 3)
    found, wanted = encode_pairs(["a b c", "a b", "c a"], ["c a", "b a", "a c"], str.split)
    assert found[0][2] == wanted[0][0] and found[1] == wanted[1][::-1] and found[2] == wanted[2][::-1]
    assert found[1] == "\x00\x01"
