"""One proportion: parity with statsmodels and scipy, and coverage."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats
from statsmodels.stats.proportion import proportion_confint

from harness.stats import Rate, binomial_p_values, clopper_pearson_interval, estimate_from_json, wilson_interval

counts = st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(deadline=None, max_examples=60)
@given(counts, st.sampled_from([0.8, 0.9, 0.95, 0.999]))
def test_intervals_equal_those_of_statsmodels(count, level):
    for ours, method in ((wilson_interval, "wilson"), (clopper_pearson_interval, "beta")):
        theirs = proportion_confint(*count, alpha=1 - level, method=method)
        assert ours(*count, level) == pytest.approx(theirs, abs=1e-9)


@settings(deadline=None, max_examples=60)
@given(counts, st.floats(0.001, 0.999))
def test_p_values_equal_scipys_exact_binomial_test(count, bound):
    at_most, at_least = binomial_p_values(*count, bound)
    assert at_most == pytest.approx(scipy_stats.binomtest(*count, bound, "greater").pvalue, abs=1e-9)
    assert at_least == pytest.approx(scipy_stats.binomtest(*count, bound, "less").pvalue, abs=1e-9)


@settings(deadline=None, max_examples=60)
@given(counts, st.floats(0.001, 0.999), st.sampled_from([0.9, 0.95]))
def test_the_decisive_interval_of_a_rate_agrees_with_its_p_values(count, bound, level):
    rate = Rate(*count)
    interval = rate.decisive_interval(level)
    if min(abs(bound - interval.low), abs(bound - interval.high)) > 1e-6:
        assert (bound < interval.low) == (rate.p_at_most(bound) < (1 - level) / 2)
        assert (bound > interval.high) == (rate.p_at_least(bound) < (1 - level) / 2)


@pytest.mark.parametrize("true", [0.02, 0.2, 0.5, 0.95])
@pytest.mark.parametrize("n", [30, 200, 1000])
def test_intervals_cover_at_their_rate(true, n):
    seen = np.arange(n + 1)
    weight = scipy_stats.binom.pmf(seen, n, true)
    inside = dict.fromkeys(("wilson", "exact"), 0.0)
    for k, share in zip(seen, weight, strict=True):
        if share > 1e-9:
            rate = Rate(int(k), n)
            inside["wilson"] += share * (rate.interval().low <= true <= rate.interval().high)
            exact = rate.decisive_interval()
            inside["exact"] += share * (exact.low <= true <= exact.high)
    # Exact coverage, no simulation: Wilson's oscillates around the level, Clopper-Pearson's never falls below it.
    assert inside["wilson"] > 0.91
    assert inside["exact"] >= 0.95 - 1e-7


@settings(deadline=None, max_examples=60)
@given(counts)
def test_a_rate_comes_back_from_json(count):
    assert estimate_from_json(Rate(*count).to_json()) == Rate(*count)


def test_a_clean_sample_says_how_much_longer_it_must_stay_clean():
    needed = Rate(0, 100).samples_needed(0.01)
    assert Rate(0, 100 + needed).p_at_least(0.01) <= 0.05 < Rate(0, 100 + needed - 1).p_at_least(0.01)


@settings(deadline=None, max_examples=30)
@given(st.integers(5, 400), st.floats(0.05, 0.4))
def test_samples_needed_give_about_the_promised_power(n, true):
    bound = true / 2
    rate = Rate(round(n * true), n)
    if rate.value <= bound or rate.successes == 0:
        return
    needed = n + rate.samples_needed(bound)
    hits = scipy_stats.binom.isf(0.05, needed, bound)
    assert scipy_stats.binom.sf(hits, needed, rate.value) > 0.7


@pytest.mark.parametrize("count", [(-1, 5), (6, 5), (0, 0)])
def test_impossible_counts_are_refused(count):
    with pytest.raises(ValueError):
        wilson_interval(*count)
    with pytest.raises(ValueError):
        Rate(*count)
