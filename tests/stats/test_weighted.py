"""The mean of independent figures: its interval, its tests, and that they agree."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.stats import PairedRates, Rate, WeightedSum, estimate_from_json


def test_one_part_is_that_part() -> None:
    part = Rate(12, 80)
    alone = WeightedSum.mean((part,))
    assert alone.value == part.value and alone.size == 80
    assert alone.interval().low == pytest.approx(part.interval().low)
    assert alone.interval().high == pytest.approx(part.interval().high)


def test_the_difference_of_two_rates_has_newcombes_interval() -> None:
    """Newcombe (1998), Statistics in Medicine 17:873, table II, example (a): 56/70 and 48/80, method 10."""
    interval = WeightedSum((Rate(56, 70), Rate(48, 80)), (1.0, -1.0)).interval()
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.0524, 0.3339)


def test_a_negative_weight_turns_the_interval_round() -> None:
    part = Rate(3, 90)
    turned = WeightedSum((part,), (-1.0,)).interval()
    assert turned.low == pytest.approx(-part.interval().high) and turned.high == pytest.approx(-part.interval().low)
    assert WeightedSum((part,), (-1.0,)).limits == (-1.0, 0.0)


PARTS = st.lists(
    st.tuples(st.integers(5, 60), st.floats(0, 1)).map(lambda n: Rate(round(n[0] * n[1]), n[0])), min_size=1, max_size=4
)


@settings(max_examples=50, deadline=None)
@given(PARTS, st.floats(-0.2, 1.2))
def test_p_values_agree_with_the_interval_and_with_each_other(parts: list[Rate], bound: float) -> None:
    mean = WeightedSum.mean(tuple(parts))
    low, high = mean.decisive_interval(0.9).low, mean.decisive_interval(0.9).high
    if abs(low - bound) > 1e-3 and abs(high - bound) > 1e-3:
        assert (mean.p_at_most(bound) < 0.05) == (bound < low)
        assert (mean.p_at_least(bound) < 0.05) == (bound > high)
    assert mean.p_at_most(bound) + mean.p_at_least(bound) == pytest.approx(1.0, abs=1e-6)
    assert mean.limits[0] <= mean.value <= mean.limits[1]


def test_it_survives_its_json_within_another() -> None:
    mean = WeightedSum.mean((Rate(3, 10), PairedRates(40, 2, 9)), (1.0, -1.0))
    again = estimate_from_json(mean.to_json())
    assert again == mean and again.interval() == mean.interval()


def test_coverage_of_a_mean_over_tasks_of_unequal_size_is_as_stated() -> None:
    rng, truth, sizes = np.random.default_rng(5), (0.02, 0.3, 0.9), (150, 40, 80)
    hits = []
    for _ in range(600):
        drawn = tuple(Rate(int(rng.binomial(n, p)), n) for n, p in zip(sizes, truth, strict=True))
        interval = WeightedSum.mean(drawn).interval()
        hits.append(interval.low <= np.mean(truth) <= interval.high)
    assert 0.93 <= np.mean(hits) <= 0.975


def test_parts_without_weights_are_refused() -> None:
    with pytest.raises(ValueError, match="0 parts"):
        WeightedSum((), ())
