"""Adjusted p-values and planning against statsmodels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from harness.stats import benjamini_hochberg, holm, minimum_detectable_effect, samples_to_decide, variance_split

p_lists = st.lists(st.floats(0, 1), min_size=1, max_size=60)


@settings(deadline=None, max_examples=60)
@given(p_lists)
def test_adjusted_p_values_equal_those_of_statsmodels(p_values):
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1], abs=1e-12)
    assert benjamini_hochberg(p_values) == pytest.approx(multipletests(p_values, method="fdr_bh")[1], abs=1e-12)


def test_no_p_values_stay_none():
    assert len(holm([])) == len(benjamini_hochberg([])) == 0


def test_a_number_that_is_no_p_value_is_refused():
    for bad in ([0.1, float("nan")], [1.2], [-0.1]):
        with pytest.raises(ValueError):
            holm(bad)


def test_the_minimum_detectable_effect_is_found_with_the_promised_power():
    rng = np.random.default_rng(0)
    effect = minimum_detectable_effect(1.0)
    found = np.mean(np.abs(rng.normal(effect, 1.0, 40_000)) > 1.959964)
    assert found == pytest.approx(0.8, abs=0.01)


def test_samples_to_decide_solve_the_power_equation():
    more = samples_to_decide(100, 0.05, 0.02)
    z = 0.02 / (0.05 * np.sqrt(100 / (100 + more)))
    assert z == pytest.approx(1.6449 + 0.8416, abs=0.01)
    assert samples_to_decide(100, 0.05, 0.0) is None


def test_the_variance_of_repeated_generations_splits_into_its_parts():
    rng = np.random.default_rng(1)
    means = rng.normal(0, 2.0, size=(20_000, 1))
    split = variance_split(means + rng.normal(0, 1.0, size=(20_000, 4)))
    assert split.data == pytest.approx(4.0, rel=0.05)
    assert split.generation == pytest.approx(1.0, rel=0.05)
    assert split.standard_error == pytest.approx(np.sqrt((4.0 + 1.0 / 4) / 20_000), rel=0.05)
