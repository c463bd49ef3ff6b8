"""Betting confidence sequences: against their definition, under continuous looking, and what they save."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from harness.stats import Betting, estimate_from_json, log_capital
from harness.stats.sequential import STAKES

LEVEL = 0.05
SHARES = {
    "even coin": ([0.0, 1.0], [0.5, 0.5]),
    "rare failure": ([0.0, 1.0], [0.97, 0.03]),
    "paired, few flips": ([0.0, 0.5, 1.0], [0.04, 0.93, 0.03]),
    "graded": ([0.0, 0.2, 0.7, 1.0], [0.1, 0.4, 0.3, 0.2]),
}


def one_by_one(values, low=0.0, high=1.0, complete=False):
    """An estimate that was looked at after every sample."""
    return Betting.watched(np.asarray(values, dtype=float), np.arange(len(values)), low, high, complete=complete)


def capital_paths(draws, values, mean):
    """log capital after every sample, shape ``(runs, n)``; ``draws`` are places in ``values``, shape ``(runs, n)``."""
    counts = np.cumsum(draws[..., None] == np.arange(len(values)), axis=1, dtype=float)
    return np.array([log_capital(np.asarray(values), run, mean) for run in counts])


def at_most_in(runs, rate):
    return scipy_stats.binom.ppf(0.999, runs, rate)


def test_the_capital_is_what_the_bettors_win_one_sample_after_the_other():
    rng, mean = np.random.default_rng(0), 0.4
    values = rng.choice([0.0, 0.25, 1.0], size=60)
    wealth, path = np.full(len(STAKES), 1 / len(STAKES)), []
    for value in values:
        wealth = wealth * (1 + STAKES / mean * (value - mean))
        path.append(math.log(wealth.sum()))
    levels, place = np.unique(values, return_inverse=True)
    assert capital_paths(place[None], levels, mean)[0] == pytest.approx(path)
    assert one_by_one(values).p_at_most(mean) == pytest.approx(math.exp(-max(0, *path)))


@pytest.mark.parametrize("truth", [0.2, 0.3])
def test_nobody_gets_rich_on_a_true_claim(truth):
    """The capital's expectation, over all 2^10 ways that ten samples can fall, is 1 on the edge and less inside."""
    expected = 0.0
    for fall in itertools.product([0, 1], repeat=10):
        chance = math.prod(truth if one else 1 - truth for one in fall)
        counts = np.array([[10 - sum(fall), sum(fall)]], dtype=float)
        expected += chance * math.exp(log_capital(np.array([0.0, 1.0]), counts, 0.3)[0])
    assert expected == pytest.approx(1.0) if truth == 0.3 else expected < 1.0


@pytest.mark.parametrize("name", SHARES)
def test_the_error_rate_holds_although_one_looks_after_every_sample(name):
    values, shares = SHARES[name]
    rng, runs, truth = np.random.default_rng(1), 600, float(np.dot(values, shares))
    draws = rng.choice(len(values), p=shares, size=(runs, 400))
    for scale, mean in ((np.array(values), truth), (1 - np.array(values), 1 - truth)):
        ever = capital_paths(draws, scale, mean).max(axis=1) >= math.log(1 / LEVEL)
        assert ever.sum() <= at_most_in(runs, LEVEL)


def test_a_fixed_test_that_is_looked_at_again_and_again_does_not_hold_its_rate():
    """Why the fixed-size test must not be used on a sample that was stopped when it looked good."""
    falls = np.random.default_rng(2).random((300, 400)) < 0.5
    tests = [scipy_stats.binom.sf(falls[:, :n].sum(axis=1) - 1, n, 0.5) <= LEVEL for n in range(10, 401, 10)]
    assert np.any(tests, axis=0).mean() > 3 * LEVEL


def test_the_sequence_covers_the_truth_at_all_looks_at_once():
    rng, missed, runs = np.random.default_rng(3), 0, 150
    for _ in range(runs):
        interval = one_by_one(rng.beta(4, 2, size=60)).interval(0.9)
        missed += not interval.low <= 4 / 6 <= interval.high
    assert missed <= at_most_in(runs, 0.1)


TABLES = st.lists(st.sampled_from([-1.0, -0.5, 0.0, 1.0]), min_size=1, max_size=60)


@settings(max_examples=40, deadline=None)
@given(TABLES)
def test_p_values_fall_and_rise_with_the_bound_and_agree_with_the_interval(values):
    estimate = one_by_one(values, -1, 1)
    bounds = np.linspace(-1, 1, 21)
    above, below = ([p(bound) for bound in bounds] for p in (estimate.p_at_most, estimate.p_at_least))
    assert all(np.diff(above) >= -1e-12) and all(np.diff(below) <= 1e-12)
    interval = estimate.decisive_interval(0.9)
    assert -1 <= interval.low <= estimate.value <= interval.high <= 1
    assert interval.low < 1e-9 - 1 or estimate.p_at_most(interval.low - 1e-6) <= 0.05 + 1e-9
    assert interval.high > 1 - 1e-9 or estimate.p_at_least(interval.high + 1e-6) <= 0.05 + 1e-9


@given(TABLES)
def test_an_estimate_is_kept_whole_in_json(values):
    estimate = one_by_one(values, -1, 1, complete=True)
    assert estimate_from_json(estimate.to_json()) == estimate


def test_looks_count_samples_that_were_new_and_what_was_shown_once_stays_shown():
    early = np.r_[np.ones(40), np.zeros(60)]
    estimate = Betting.watched(early, np.repeat([0, 2], [40, 60]), 0.0, 1.0)
    assert estimate.looks == (((1.0, 40),), (), ((0.0, 60),))
    assert (estimate.size, estimate.value) == (100, 0.4)
    assert estimate.p_at_most(0.5) == Betting.watched(early[:40], np.zeros(40, dtype=int), 0, 1).p_at_most(0.5)


def test_the_ends_of_the_scale():
    none = one_by_one(np.zeros(30))
    assert none.p_at_most(-0.1) == 0 and none.p_at_most(0) == 1 and none.p_at_most(1) == 1
    assert one_by_one([0, 0, 1]).p_at_most(0) == 0, "one event refutes that there are none"
    assert none.interval().low == 0 and none.interval().high < 0.2
    with pytest.raises(ValueError, match="between"):
        one_by_one([0, 2])


def samples_until(rng, shares, bound, *, available=1000, step=8):
    """How many paired samples a rule takes, and what it decides."""
    values = rng.choice([1.0, -1.0, 0.0], p=shares, size=available)
    estimate = Betting.watched(values, np.arange(available) // step, -1, 1)
    levels, counts = np.array([-1.0, 0.0, 1.0]), estimate._seen[1]
    for against, mean in (((levels + 1) / 2, (bound + 1) / 2), ((1 - levels) / 2, (1 - bound) / 2)):
        found = np.flatnonzero(log_capital(against, counts, mean) >= math.log(1 / LEVEL))
        if len(found):
            return int(counts[found[0]].sum()), "above" if mean == (bound + 1) / 2 else "below"
    return available, "open"


@pytest.mark.parametrize(
    ("up", "down", "bound", "decision"),
    [(0.01, 0.01, -0.05, "above"), (0.02, 0.25, -0.05, "below"), (0.3, 0.05, 0.02, "above")],
)
def test_clear_cases_take_less_than_half_of_a_thousand_samples(up, down, bound, decision):
    rng = np.random.default_rng(4)
    taken, found = zip(*(samples_until(rng, [up, down, 1 - up - down], bound) for _ in range(60)), strict=True)
    assert found.count(decision) >= 57
    assert np.mean(taken) <= 500
    assert np.median(taken) <= 250


def test_the_samples_it_asks_for_decide_with_about_the_promised_power():
    rng, shares = np.random.default_rng(5), [0.03, 0.03, 0.94]
    seen = Betting.watched(np.repeat([1.0, -1.0, 0.0], [3, 3, 94]), np.zeros(100, dtype=int), -1, 1)
    n = 100 + seen.samples_needed(-0.05)
    passed = 0
    for _ in range(200):
        counts = rng.multinomial(n, shares)
        drawn = Betting.watched(np.repeat([1.0, -1.0, 0.0], counts), np.zeros(n, dtype=int), -1, 1)
        passed += drawn.p_at_most(-0.05) <= LEVEL
    assert scipy_stats.binom.ppf(0.001, 200, 0.75) <= passed <= scipy_stats.binom.ppf(0.999, 200, 0.92)
