"""Perplexities and calibration follow their definitions and lm-evaluation-harness's aggregations."""

import math

import numpy as np
import pytest
from lm_eval.api import metrics as lm

from harness.metrics import build_metric
from harness.records import Answer, InputError, LogLikelihood, Outcome, Response, Sample
from tests.metrics.helpers import figure, ranked, said

TEXTS = ["Es war einmal ein Bär.", "two  words\n", "x"]
TOKENS = [(-1.0, -2.5, -0.25), (-3.0,), (-0.5, -0.125)]


def _rolling() -> list[Response]:
    likelihoods = [LogLikelihood(tokens, greedy) for tokens, greedy in zip(TOKENS, (True, False, False), strict=True)]
    samples = [Sample("task", str(i), text) for i, text in enumerate(TEXTS)]
    return [Response(s, Answer(likelihoods=(one,)), None) for s, one in zip(samples, likelihoods, strict=True)]


def test_perplexities_equal_lm_evaluation_harness():
    totals = [sum(tokens) for tokens in TOKENS]
    words = list(zip(totals, [5, 3, 1], strict=True))
    bytes_ = list(zip(totals, [len(text.encode()) for text in TEXTS], strict=True))
    responses = _rolling()
    assert figure(build_metric("word_perplexity"), responses) == pytest.approx(lm.weighted_perplexity(words))
    assert figure(build_metric("byte_perplexity"), responses) == pytest.approx(lm.weighted_perplexity(bytes_))
    assert figure(build_metric("bits_per_byte"), responses) == pytest.approx(lm.bits_per_byte(bytes_))
    assert figure(build_metric("target_perplexity"), responses) == pytest.approx(lm.perplexity(totals))
    assert figure(build_metric("perplexity"), responses) == pytest.approx(math.exp(-sum(totals) / 6))
    assert figure(build_metric("greedy_accuracy"), responses) == pytest.approx(1 / 3)


def test_a_text_without_scored_tokens_is_unscorable():
    empty = Response(Sample("task", "k", "x"), Answer(likelihoods=(LogLikelihood((), True),)), None)
    (score,) = build_metric("perplexity").measure([empty])
    assert score.outcome is Outcome.UNSCORABLE
    assert np.isnan(build_metric("perplexity").aggregate(np.array(score.statistics)))


def test_brier_score_equals_lm_evaluation_harness():
    rows = [((-1.0, -2.0, -3.0), 0), ((-5.0, -0.5, -4.0), 0), ((-1.0, -1.0, -1.0), 2)]
    weights = [np.exp(row) / np.exp(row).sum() for row, _ in rows]
    expected = lm.brier_score([(gold, weight) for (_, gold), weight in zip(rows, weights, strict=True)])
    responses = [ranked((" a", " b", " c"), row, (" a", " b", " c")[gold]) for row, gold in rows]
    assert figure(build_metric("brier"), responses) == pytest.approx(expected)


def test_calibration_error_is_the_gap_of_each_bin_weighted_by_its_size():
    log = math.log
    responses = [
        ranked((" a", " b"), (log(p), log(1 - p)), target)
        for p, target in [(0.91, " a"), (0.93, " a"), (0.95, " b"), (0.61, " b"), (0.67, " a"), (0.64, " a")]
    ]
    expected = (abs(0.91 + 0.93 + 0.95 - 2) + abs(0.61 + 0.67 + 0.64 - 2)) / 6
    assert figure(build_metric("ece"), responses) == pytest.approx(expected)


def test_generated_text_has_no_likelihood():
    with pytest.raises(InputError, match="has no log-likelihood, which perplexity needs"):
        build_metric("perplexity").measure([said("text")])
    with pytest.raises(InputError, match="output kind multiple_choice"):
        build_metric("brier").measure([said("text", "a")])
