"""Where the noise of a mean comes from: known components are found again."""

import numpy as np
import pytest

from harness.stats import variance_split


@pytest.mark.parametrize(("between", "within"), [(1.0, 0.5), (0.2, 2.0), (0.0, 1.0)])
def test_the_share_of_sampling_is_the_one_that_was_simulated(between: float, within: float) -> None:
    rng = np.random.default_rng(1)
    means = rng.normal(0, between, (4000, 1))
    split = variance_split(means + rng.normal(0, within, (4000, 5)))
    assert split.data == pytest.approx(between**2, abs=0.08)
    assert split.generation == pytest.approx(within**2, rel=0.05)
    expected = within**2 / 5 / (between**2 + within**2 / 5)
    assert split.generation_share == pytest.approx(expected, abs=0.05)


def test_the_standard_error_is_that_of_repeated_experiments() -> None:
    rng = np.random.default_rng(2)
    runs = [rng.normal(0, 0.7, (30, 1)) + rng.normal(0, 1.5, (30, 4)) for _ in range(2000)]
    found = np.sqrt(np.mean([variance_split(values).standard_error ** 2 for values in runs]))
    assert found == pytest.approx(np.std([values.mean() for values in runs]), rel=0.05)


def test_values_that_never_differ_have_no_sampling_share() -> None:
    assert variance_split(np.ones((3, 2))).generation_share == 0
    with pytest.raises(ValueError, match="at least 2 samples and 2 repetitions"):
        variance_split(np.ones((5, 1)))
