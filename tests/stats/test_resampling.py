"""Bootstrap and permutation: parity with scipy, error rates by simulation, and published p-values of real systems."""

import json
import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from harness.stats import (
    Bootstrapped,
    bca_interval,
    bootstrap_difference,
    bootstrap_figure,
    bootstrap_sums,
    cluster_sums,
    estimate_from_json,
    leave_one_out_sums,
    paired_permutation_test,
)


def mean(sums):
    return sums[..., 0] / sums[..., 1]


def with_ones(values):
    return np.column_stack([values, np.ones(len(values))])


def skewed(n, seed=0):
    return np.random.default_rng(seed).lognormal(0, 1, n)


def test_bca_equals_scipys_on_the_same_replicates():
    x = skewed(60)
    theirs = scipy_stats.bootstrap((x,), np.mean, method="BCa", n_resamples=9999, rng=np.random.default_rng(3))
    jackknife = mean(leave_one_out_sums(with_ones(x)))
    ours = bca_interval(x.mean(), theirs.bootstrap_distribution, jackknife)
    assert ours == pytest.approx(tuple(theirs.confidence_interval), rel=1e-9)


def test_the_estimate_is_scipys_bca_but_for_the_small_sample_correction():
    x = skewed(2000)
    theirs = scipy_stats.bootstrap((x,), np.mean, method="BCa", n_resamples=9999, rng=np.random.default_rng(3))
    ours = bootstrap_figure(with_ones(x), mean).interval()
    width = theirs.confidence_interval.high - theirs.confidence_interval.low
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=0.05 * width)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=0.05 * width)


def test_equal_seeds_give_equal_replicates_and_others_do_not():
    rows = with_ones(skewed(50))
    assert np.array_equal(bootstrap_sums(rows, seed=1), bootstrap_sums(rows, seed=1))
    assert not np.array_equal(bootstrap_sums(rows, seed=1), bootstrap_sums(rows, seed=2))


@pytest.mark.parametrize("n", [3, 500, 20_000])
def test_resampled_sums_have_the_right_centre_and_spread(n):
    x = skewed(n)
    sums = bootstrap_sums(with_ones(x))
    assert sums[:, 0].mean() == pytest.approx(x.sum(), rel=0.02)
    assert sums[:, 0].std() == pytest.approx(math.sqrt(n) * x.std(), rel=0.06)
    if n <= 4096:
        assert np.all(sums[:, 1] == n)


def test_clusters_are_summed_by_source():
    rows = np.arange(8.0).reshape(4, 2)
    assert np.array_equal(cluster_sums(rows, np.array(["b", "a", "b", "c"])), [[2, 3], [4, 6], [6, 7]])


def test_clustered_samples_widen_the_interval_as_the_design_effect_says():
    rng = np.random.default_rng(2)
    sources = np.repeat(np.arange(200), 5)
    x = rng.normal(size=200)[sources]  # five equal samples a source: a fifth of the information
    plain = bootstrap_figure(with_ones(x), mean)
    clustered = bootstrap_figure(with_ones(x), mean, clusters=sources)
    assert clustered.size == 200
    assert clustered.standard_error / plain.standard_error == pytest.approx(math.sqrt(5), rel=0.05)


@pytest.mark.parametrize("n", [15, 60])
def test_bootstrap_intervals_of_skewed_data_cover_at_their_rate(n):
    truth, runs = math.exp(0.5 * 0.6**2), 400
    rng = np.random.default_rng(11)
    covered = 0
    for _ in range(runs):
        interval = bootstrap_figure(with_ones(rng.lognormal(0, 0.6, n)), mean, replicates=2000).interval(0.9)
        covered += interval.low <= truth <= interval.high
    # The plain percentile bootstrap covers about 81 % at n = 15.
    assert covered >= scipy_stats.binom.ppf(0.001, runs, 0.88)
    assert covered <= scipy_stats.binom.ppf(0.9999, runs, 0.92)


def test_the_permutation_test_is_exact_where_all_arrangements_can_be_listed():
    d = np.array([0.3, 0.1, 0.4, -0.2, 0.6, 0.2, 0.5, 0.1])
    rows, zero = with_ones(d), with_ones(np.zeros(8))
    signs = np.array(np.meshgrid(*[[1, -1]] * 8)).reshape(8, -1).T
    exact = np.mean(np.abs(signs @ d) >= abs(d.sum()) - 1e-12)
    assert paired_permutation_test(rows, zero, mean, rounds=40_000).p_value == pytest.approx(exact, abs=0.004)


def test_equal_models_are_called_different_at_the_stated_rate_only():
    rng, runs = np.random.default_rng(4), 400
    hits = 0
    for _ in range(runs):
        base = rng.normal(size=(80, 1))
        a, b = (with_ones((base + 0.5 * rng.normal(size=(80, 1)))[:, 0]) for _ in range(2))
        hits += paired_permutation_test(a, b, mean, rounds=999).p_value <= 0.05
    assert scipy_stats.binom.ppf(0.001, runs, 0.05) <= hits <= scipy_stats.binom.ppf(0.999, runs, 0.05)


@pytest.mark.parametrize("p", [0.05, 0.00125])
def test_one_sided_p_values_keep_their_level_far_into_the_tail(p):
    rng, runs = np.random.default_rng(6), 1500 if p > 0.01 else 4000
    hits = 0
    for _ in range(runs):
        a = with_ones(rng.normal(size=100))
        b = with_ones(rng.normal(size=100) + 0.5)  # exactly on the bound of -0.5
        hits += bootstrap_difference(a, b, mean, replicates=1000).p_at_most(-0.5) <= p
    assert hits <= scipy_stats.binom.ppf(0.9999, runs, p)
    assert p < 0.01 or hits >= scipy_stats.binom.ppf(0.0001, runs, p)


def test_p_values_and_intervals_of_an_estimate_agree():
    x = skewed(80)
    estimate = bootstrap_difference(with_ones(x), with_ones(skewed(80, 1)), mean)
    for level in (0.5, 0.9, 0.95, 0.99, 0.999):
        interval = estimate.interval(level)
        assert estimate.p_at_most(interval.low) == pytest.approx((1 - level) / 2, rel=0.01)
        assert estimate.p_at_least(interval.high) == pytest.approx((1 - level) / 2, rel=0.01)


def test_an_estimate_comes_back_from_json_with_its_decisions():
    estimate = bootstrap_difference(with_ones(skewed(70)), with_ones(skewed(70, 1)), mean)
    back = estimate_from_json(json.loads(json.dumps(estimate.to_json())))
    assert isinstance(back, Bootstrapped)
    for bound in np.linspace(-1, 1, 41):
        assert back.p_at_most(bound) == pytest.approx(estimate.p_at_most(bound), abs=1e-7)
    assert back.samples_needed(-0.5) == estimate.samples_needed(-0.5)


def test_equal_answers_are_no_proof_beyond_their_number():
    same = with_ones(np.full(20, 0.7))
    few = bootstrap_difference(same, same, mean)
    assert few.p_at_most(-0.05) > 0.05
    many = bootstrap_difference(np.tile(same, (5, 1)), np.tile(same, (5, 1)), mean)
    assert many.p_at_most(-0.05) < 0.05
    assert few.decisive_interval(0.9).low < -0.05 < many.decisive_interval(0.9).low
    assert few.samples_needed(-0.05) > 0


def test_a_figure_without_value_has_no_estimate():
    assert bootstrap_figure(np.zeros((5, 2)), mean_or_nan) is None


def mean_or_nan(sums):
    with np.errstate(invalid="ignore"):
        return mean(sums)


def bleu(sums):
    """Corpus BLEU from sacrebleu's statistics: system length, reference length, 4 matches, 4 totals."""
    precision = np.log(sums[..., 2:6] / sums[..., 6:10]).mean(axis=-1)
    return 100 * np.exp(np.minimum(0, 1 - sums[..., 1] / sums[..., 0]) + precision)


@pytest.fixture(scope="module")
def translations(shared):
    from sacrebleu.metrics import BLEU

    lines = (shared / "data/wmt17_en_de/systems.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    published = json.loads((shared / "data/wmt17_en_de/published_p_values.json").read_text())
    references = [[row["reference"] for row in rows]]
    statistics = {}
    for name in [published["baseline"], *published["moses_paired_bootstrap_2000_p"]]:
        metric = BLEU(tokenize="none", force=True)
        hypotheses = [row[name] for row in rows]
        statistics[name] = np.array(metric._extract_corpus_statistics(hypotheses, references), dtype=float)
        assert bleu(statistics[name].sum(axis=0)) == pytest.approx(metric.corpus_score(hypotheses, references).score)
    return statistics, published


def monte_carlo_error(p, rounds, ours=10_000):
    """Four standard errors of the difference of two simulated p-values, plus the smallest one they can give."""
    return 4 * math.sqrt(p * (1 - p) * (1 / rounds + 1 / ours)) + 1 / rounds


def test_p_values_of_real_translation_systems_agree_with_two_published_toolkits(translations):
    statistics, published = translations
    reference = statistics[published["baseline"]]
    for name, p in published["multeval_approx_randomization_10000_p_bleu"].items():
        test = paired_permutation_test(statistics[name], reference, bleu)
        assert test.p_value == pytest.approx(p, abs=monte_carlo_error(p, 10_000)), name
    for name, p in published["moses_paired_bootstrap_2000_p"].items():
        drawn = bootstrap_sums(np.hstack([statistics[name], reference]))
        differences = bleu(drawn[:, :10]) - bleu(drawn[:, 10:])
        # Moses' script and sacrebleu take absolute differences before they centre them.
        moved = np.abs(differences) - np.abs(differences).mean()
        observed = abs(bleu(statistics[name].sum(axis=0)) - bleu(reference.sum(axis=0)))
        assert np.mean(moved > observed) == pytest.approx(p, abs=monte_carlo_error(p, 2000)), name


def test_the_estimate_calls_the_real_systems_as_the_published_tests_do(translations):
    statistics, published = translations
    reference = statistics[published["baseline"]]
    for name, p in published["multeval_approx_randomization_10000_p_bleu"].items():
        interval = bootstrap_difference(statistics[name], reference, bleu).interval()
        assert (interval.low > 0 or interval.high < 0) == (p < 0.05), name


def test_samples_needed_where_none_differs_are_enough_and_half_of_them_are_not():
    def equal(n):
        values = with_ones(np.arange(n) % 2)
        return bootstrap_difference(values, values, mean, replicates=200)

    more = equal(40).samples_needed(-0.02)
    assert equal(40 + more).decisive_interval(0.90).low > -0.02 > equal(40 + more // 2).decisive_interval(0.90).low
    assert equal(40 + more).p_at_most(-0.02) <= 0.05 < equal(40 + more // 2).p_at_most(-0.02)
