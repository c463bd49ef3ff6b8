"""The curve is that of scikit-learn, gaps are differences of means, and a model that leaks nothing shows it."""

import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from harness.metrics import build_metric
from harness.metrics.leakage.membership import CLASSES
from harness.records import Answer, InputError, LogLikelihood, Response, Sample
from harness.stats import bootstrap_figure
from tests.metrics.helpers import figure, said, sums


def scored(member: bool, ratio: float, key: str = "k") -> Response:
    sample = Sample("leakage", key, "p", ("x",), document={"member": member, "base_logprob": -5.0})
    return Response(sample, Answer(likelihoods=(LogLikelihood((-5.0 + ratio,), False),)), None)


def drawn(n: int, shift: float, *, ties: bool = False) -> tuple[list[Response], list[bool], list[float]]:
    rng = np.random.default_rng(n)
    members = [bool(i % 2) for i in range(n)]
    ratios = [float(rng.normal(shift * member, 1)) for member in members]
    ratios = [float(round(one)) for one in ratios] if ties else ratios
    return [scored(*pair) for pair in zip(members, ratios, strict=True)], members, ratios


@pytest.mark.parametrize(("n", "shift", "ties"), [(400, 1.0, False), (CLASSES, 0.0, False), (300, 0.5, True)])
def test_the_curve_is_that_of_scikit_learn(n: int, shift: float, ties: bool) -> None:
    responses, members, ratios = drawn(n, shift, ties=ties)
    false, found, _ = roc_curve(members, ratios, drop_intermediate=False)
    assert figure(build_metric("membership_auc"), responses) == pytest.approx(roc_auc_score(members, ratios))
    for fpr in (0.01, 0.1):
        metric = build_metric({"name": "membership_tpr", "fpr": fpr})
        assert figure(metric, responses) == pytest.approx(np.interp(fpr, false, found))


def test_more_samples_than_classes_cost_little() -> None:
    responses, members, ratios = drawn(3000, 0.5)
    assert figure(build_metric("membership_auc"), responses) == pytest.approx(roc_auc_score(members, ratios), abs=1e-3)


def test_the_area_has_the_interval_that_theory_gives() -> None:
    metric = build_metric("membership_auc")
    statistics = np.array([score.statistics for score in metric.measure(drawn(200, 0.8)[0])])
    estimate = bootstrap_figure(statistics, metric.aggregate, replicates=2000)
    assert estimate is not None
    q1, q2 = estimate.value / (2 - estimate.value), 2 * estimate.value**2 / (1 + estimate.value)
    area = estimate.value
    variance = (area * (1 - area) + 99 * (q1 - area**2) + 99 * (q2 - area**2)) / 100**2
    assert estimate.standard_error == pytest.approx(math.sqrt(variance), rel=0.15)  # Hanley and McNeil (1982)


def test_a_model_that_is_its_own_base_gives_nothing_away() -> None:
    responses = [scored(bool(i % 2), 0.0) for i in range(100)]
    assert figure(build_metric("membership_auc"), responses) == 0.5
    assert figure(build_metric("membership_tpr"), responses) == pytest.approx(0.01)


def test_continuation_counts_from_the_start_and_as_a_difference() -> None:
    rows = [(True, "a b c d"), (True, "a b x d"), (False, "a x c d"), (False, "x b c d"), (False, "a b c d e f")]
    responses = [said(text, "a b c d", document={"member": member}) for member, text in rows]
    assert figure(build_metric("verbatim_gap"), responses) == pytest.approx((1 + 0.5) / 2 - (0.25 + 0 + 1) / 3)


def test_exposure_is_the_rank_among_candidates_in_bits() -> None:
    def canary(planted: bool, *totals: float) -> Response:
        sample = Sample("leakage", "k", "p", ("1",), document={"member": planted})
        return Response(sample, Answer(likelihoods=tuple(LogLikelihood((one,), False) for one in totals)), None)

    first, middle, last = (
        canary(p, *t) for p, t in ((True, (-1, -2, -3, -4)), (False, (-2, -2, -2, -2)), (False, (-9, -1, -2, -3)))
    )
    metric = build_metric("canary_exposure")
    assert [score.value for score in metric.measure([first, middle, last])] == pytest.approx([2, 2 - math.log2(2.5), 0])
    assert metric.breakdown(sums(metric.measure([first, middle, last])))["members"] == 2


def test_samples_of_another_task_are_an_error_that_says_so() -> None:
    with pytest.raises(InputError, match="needs true or false"):
        build_metric("verbatim_gap").measure([said("a", "a")])
    with pytest.raises(InputError, match="no base_logprob"):
        build_metric("membership_auc").measure([said("a", "a", document={"member": True})])
