"""Paired proportions: parity with published examples and statsmodels, and the exact test's error rate."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats
from statsmodels.stats.contingency_tables import mcnemar

from harness.stats import PairedRates, estimate_from_json, mcnemar_exact, paired_exact_p, tango_interval


@st.composite
def tables(draw, largest=400):
    n = draw(st.integers(1, largest))
    rose = draw(st.integers(0, n))
    return n, rose, draw(st.integers(0, n - rose))


@settings(deadline=None, max_examples=60)
@given(tables())
def test_mcnemar_equals_that_of_statsmodels(table):
    _, rose, fell = table
    if rose + fell:
        theirs = mcnemar([[0, rose], [fell, 0]], exact=True).pvalue
        assert mcnemar_exact(rose, fell) == pytest.approx(theirs, abs=1e-9)
    else:
        assert mcnemar_exact(rose, fell) == 1.0


@pytest.mark.parametrize(
    ("table", "level", "published"),
    [
        # Airway hyper-responsiveness (Bentur 2009), in Fagerland, Lydersen and Laake (2014), Stat. Med. 33:2850.
        ((21, 1, 7), 0.95, (-0.517, -0.026)),
        # PropCIs::scoreci.mp(25, 28, 618, 0.9), which gives (28 - 25) / 618.
        ((618, 28, 25), 0.90, (-0.0148, 0.0247)),
    ],
)
def test_tangos_interval_equals_published_examples(table, level, published):
    digits = 5e-4 if table[0] < 100 else 5e-5
    assert tango_interval(*table, level) == pytest.approx(published, abs=digits)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 5000), st.sampled_from([0.9, 0.95, 0.99]))
def test_tangos_interval_without_discordant_pairs_is_the_known_closed_form(n, level):
    z2 = scipy_stats.norm.ppf(0.5 + level / 2) ** 2
    assert tango_interval(n, 0, 0, level) == pytest.approx((-z2 / (n + z2), z2 / (n + z2)), abs=1e-6)


@settings(deadline=None, max_examples=60)
@given(tables())
def test_tangos_interval_holds_the_estimate_and_turns_with_the_sign(table):
    n, rose, fell = table
    low, high = tango_interval(n, rose, fell)
    assert -1 <= low <= (rose - fell) / n <= high <= 1
    assert tango_interval(n, fell, rose) == pytest.approx((-high, -low), abs=1e-7)


def rejection_rate(n, bound, share, level=0.05):
    """Exact probability that "at most ``bound``" is rejected where the truth is ``bound``."""
    up, down = (share + bound) / 2, (share - bound) / 2
    total = 0.0
    for rose in range(n + 1):
        for fell in range(n + 1 - rose):
            weight = scipy_stats.multinomial.pmf([rose, fell, n - rose - fell], n, [up, down, 1 - share])
            if weight > 1e-8 and paired_exact_p(n, rose, fell, bound) <= level:
                total += weight
    return total


@pytest.mark.parametrize(("n", "bound"), [(20, -0.1), (40, -0.05), (40, 0.05)])
def test_the_exact_test_keeps_its_level_at_every_nuisance(n, bound):
    for share in (abs(bound), abs(bound) + 0.03, 0.3):
        assert rejection_rate(n, bound, share) <= 0.05


def test_the_exact_test_holds_where_tangos_approximation_does_not():
    # Truth: 2 % lost, nothing gained. All 133 pairs agree with probability .98 ** 133 = 6.8 %.
    clean = PairedRates(133, 0, 0)
    assert clean.p_score(-0.02)[0] < 0.05
    assert clean.p_at_most(-0.02) >= 0.98**133


@settings(deadline=None, max_examples=40)
@given(tables(200), st.floats(-0.6, 0.6))
def test_the_exact_p_value_turns_with_the_sign(table, bound):
    n, rose, fell = table
    assert PairedRates(n, rose, fell).p_at_least(bound) == PairedRates(n, fell, rose).p_at_most(-bound)


@pytest.mark.parametrize(("table", "bound"), [((1000, 40, 60), -0.04), ((5000, 400, 450), -0.02), ((800, 90, 60), 0.0)])
def test_the_exact_p_value_is_close_to_tangos_in_large_tables(table, bound):
    rates = PairedRates(*table)
    assert rates.p_at_most(bound) == pytest.approx(rates.p_score(bound)[0], rel=0.15)


@settings(deadline=None, max_examples=25)
@given(tables(150))
@example((39, 26, 2))  # p-values jump back below a level that they had passed
def test_the_decisive_interval_agrees_with_the_p_values(table):
    rates = PairedRates(*table)
    interval = rates.decisive_interval(0.9)
    assert interval.low <= rates.value <= interval.high
    if interval.low > -0.98:
        assert rates.p_at_most(interval.low - 0.01) <= 0.0525
    if interval.high < 0.98:
        assert rates.p_at_least(interval.high + 0.01) <= 0.0525


def test_tangos_interval_covers_at_its_rate():
    rng = np.random.default_rng(5)
    for n, up, down in ((100, 0.1, 0.1), (300, 0.08, 0.03), (1000, 0.02, 0.04)):
        drawn = rng.multinomial(n, [up, down, 1 - up - down], size=1500)
        unique, counts = np.unique(drawn[:, :2], axis=0, return_counts=True)
        inside = 0
        for (rose, fell), count in zip(unique, counts, strict=True):
            low, high = tango_interval(n, int(rose), int(fell))
            inside += int(count) * (low <= up - down <= high)
        assert inside >= scipy_stats.binom.ppf(0.001, 1500, 0.945)
        assert inside <= scipy_stats.binom.ppf(0.9999, 1500, 0.965)


@settings(deadline=None, max_examples=60)
@given(tables())
def test_paired_rates_come_back_from_json(table):
    assert estimate_from_json(PairedRates(*table).to_json()) == PairedRates(*table)


def test_samples_needed_of_equal_answers_are_those_that_decide():
    needed = PairedRates(50, 0, 0).samples_needed(-0.03)
    assert PairedRates(50 + needed, 0, 0).p_at_most(-0.03) <= 0.05 < PairedRates(49 + needed, 0, 0).p_at_most(-0.03)


def test_paired_finds_a_three_point_loss_at_a_thousand_samples_that_the_unpaired_test_misses():
    from statsmodels.stats.proportion import proportions_ztest

    # 85 % right before, 82 % after: 15 samples gained, 45 lost.
    rates = PairedRates(1000, rose=15, fell=45)
    assert rates.p_no_difference() < 0.001
    assert rates.interval().high < 0
    assert proportions_ztest([850, 820], [1000, 1000])[1] > 0.05
