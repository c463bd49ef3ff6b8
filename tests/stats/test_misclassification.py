"""Correcting a share for the detector's own errors: the published formula, and what it covers in simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats.misclassification import DetectorCounts, corrected_interval, rogan_gladen


def test_the_corrected_share_is_rogan_and_gladens():
    # The worked example of R's epiR: 23 of 150 cows positive, sensitivity 0.96, specificity 0.89: 5.1 per 100.
    assert rogan_gladen(23 / 150, 0.96, 0.89) == pytest.approx(0.051, abs=5e-4)
    assert rogan_gladen(0.02, 0.9, 0.9) == 0.0
    assert rogan_gladen(0.99, 0.9, 0.9) == 1.0


def test_a_perfect_and_well_known_detector_leaves_the_share_as_it_is():
    detector = DetectorCounts(10**7, 10**7, 10**7, 10**7)
    interval = corrected_interval(30, 100, detector)
    # Without error of the detector what is left is the interval of Agresti and Coull.
    from statsmodels.stats.proportion import proportion_confint

    assert (interval.low, interval.high) == pytest.approx(proportion_confint(30, 100, method="agresti_coull"), abs=1e-5)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.4])
@pytest.mark.parametrize(("sensitivity", "specificity"), [(0.95, 0.97), (0.75, 0.9)])
def test_the_interval_covers_the_true_share(share, sensitivity, specificity):
    random = np.random.default_rng(7)
    trials, labelled, repeats = 200, 150, 1_000
    covered = 0
    for _ in range(repeats):
        flagged = random.binomial(trials, share * sensitivity + (1 - share) * (1 - specificity))
        hits, rejections = random.binomial(labelled, sensitivity), random.binomial(labelled, specificity)
        interval = corrected_interval(
            int(flagged), trials, DetectorCounts(int(hits), labelled, int(rejections), labelled)
        )
        covered += interval.low <= share <= interval.high
    # Three standard errors of a simulated coverage of 0.95 are 0.02.
    assert covered / repeats >= 0.93


def test_an_interval_that_ignores_the_detector_misses_the_truth():
    """What the correction is for: 5 % true failures read by a detector with 10 % false alarms."""
    from harness.stats import wilson_interval

    flagged = round(400 * (0.05 * 0.9 + 0.95 * 0.1))
    low, _ = wilson_interval(flagged, 400)
    corrected = corrected_interval(flagged, 400, DetectorCounts(270, 300, 270, 300))
    assert low > 0.05
    assert corrected.low <= 0.05 <= corrected.high


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.integers(30, 300))
def test_the_interval_lies_between_none_and_all_in_order(counts, labelled):
    detector = DetectorCounts(round(0.9 * labelled), labelled, round(0.95 * labelled), labelled)
    interval = corrected_interval(*counts, detector)
    assert 0 <= interval.low <= interval.high <= 1


def test_a_detector_that_tells_nothing_corrects_nothing():
    with pytest.raises(ValueError, match="tell nothing"):
        rogan_gladen(0.5, 0.4, 0.6)
    with pytest.raises(ValueError, match="tells nothing"):
        corrected_interval(5, 10, DetectorCounts(20, 50, 20, 50))
    with pytest.raises(ValueError, match="flagged=3 of trials=2"):
        corrected_interval(3, 2, DetectorCounts(9, 10, 9, 10))
    with pytest.raises(ValueError, match="cannot be"):
        DetectorCounts(11, 10, 9, 10)
