"""The paired difference between two models under one metric on one task."""

import numpy as np

from harness.comparison.figures import LISTED, bounded_values, rate_values
from harness.comparison.frames import ScoreTable, pair
from harness.metrics.base import Metric
from harness.records import Difference, TaskRow
from harness.stats import Betting, Estimate, PairedRates, bootstrap_difference, holm, paired_permutation_test
from harness.stats.resampling import cluster_sums
from harness.stats.sequential import METHOD


def difference(
    task: TaskRow,
    metric: Metric,
    names: tuple[str, str],
    tables: tuple[ScoreTable, ScoreTable],
    *,
    seed: int = 0,
    level: float = 0.95,
) -> Difference | None:
    """Candidate minus reference.

    Args:
        names: Candidate and reference.
        tables: Their scores, in that order.
        seed: Of the bootstrap and the permutation test.

    Returns:
        None where no sample was judged for both, or the metric gives no number on those that were. The adjusted
        p-value still equals the p-value: see `adjust`.

    Raises:
        InputError: the two were not asked the same samples.
    """
    ours, theirs, unpaired = pair(*tables, where=f"{task.name}, {metric.name}: {names[0]} and {names[1]}")
    measured = _measure(metric, ours, theirs, seed) if len(ours.keys) else None
    if measured is None:
        return None
    estimate, p_value, method = measured
    gained, lost = _moved(metric, ours, theirs)
    return Difference(
        candidate=names[0],
        reference=names[1],
        task=task.name,
        metric=metric.name,
        tags=task.tags,
        greater_is_better=metric.greater_is_better,
        pairs=len(ours.keys),
        unpaired=unpaired,
        candidate_value=float(metric.aggregate(ours.statistics.sum(axis=0))),
        reference_value=float(metric.aggregate(theirs.statistics.sum(axis=0))),
        difference=estimate.value,
        interval=estimate.interval(level),
        p_value=p_value,
        adjusted_p_value=p_value,
        method=method,
        minimum_detectable=estimate.minimum_detectable(level),
        gained=gained[:LISTED],
        lost=lost[:LISTED],
        gained_count=len(gained),
        lost_count=len(lost),
        estimate=estimate.to_json(),
    )


def adjust(differences: list[Difference]) -> list[Difference]:
    """The same differences with p-values adjusted by Holm over all of them."""
    adjusted = holm([one.p_value for one in differences])
    return [one.model_copy(update={"adjusted_p_value": float(p)}) for one, p in zip(differences, adjusted, strict=True)]


def _measure(metric: Metric, ours: ScoreTable, theirs: ScoreTable, seed: int) -> tuple[Estimate, float, str] | None:
    """The estimate, the two-sided p-value of no difference, and the method in words."""
    if (watched := _watched(metric, ours, theirs)) is not None:
        return watched, watched.p_no_difference(), f"{METHOD} of the paired difference, valid at any stop"
    mine, other = rate_values(metric, ours), rate_values(metric, theirs)
    if mine is not None and other is not None and ours.clusters is None:
        rates = PairedRates(len(mine), rose=int(np.sum(mine > other)), fell=int(np.sum(mine < other)))
        return rates, rates.p_no_difference(), "paired proportions: Tango score interval, exact McNemar test"
    a, b = ours.statistics, theirs.statistics
    if ours.clusters is not None:
        a, b = cluster_sums(a, ours.clusters), cluster_sums(b, ours.clusters)
    estimate = bootstrap_difference(a, b, metric.aggregate, seed=seed)
    if estimate is None:
        return None
    test = paired_permutation_test(a, b, metric.aggregate, seed=seed)
    return estimate, test.p_value, f"paired bootstrap (BCa) interval, paired permutation test{ours.grouping}"


def _watched(metric: Metric, ours: ScoreTable, theirs: ScoreTable) -> Betting | None:
    """The difference of bounded values that were taken look by look; None where they were not."""
    if theirs.look is None or theirs.clusters is not None or metric.bounds is None:
        return None
    mine, other = bounded_values(metric, ours), bounded_values(metric, theirs)
    if mine is None or other is None:
        return None
    width = metric.bounds[1] - metric.bounds[0]
    return Betting.watched(mine - other, theirs.look, -width, width, complete=theirs.complete)


def _moved(metric: Metric, ours: ScoreTable, theirs: ScoreTable) -> tuple[list[str], list[str]]:
    """Keys of all samples that moved to the better and to the worse side, the largest move first.

    A sample that was generated several times moves by the mean of its generations' moves.
    """
    mine, other = rate_values(metric, ours), rate_values(metric, theirs)
    if mine is None or other is None:
        mine, other = ours.values, theirs.values
    moves = np.nan_to_num(mine - other) * (1.0 if metric.greater_is_better else -1.0)
    keys = ours.keys
    if ours.repeated:
        keys, index = np.unique(keys, return_inverse=True)
        moves = np.bincount(index, moves) / np.bincount(index)
    tiny = 1e-9 * max(1.0, float(np.max(np.abs(moves), initial=0.0)))
    order = np.argsort(-np.abs(moves), kind="stable")
    gained = [str(keys[i]) for i in order if moves[i] > tiny]
    lost = [str(keys[i]) for i in order if moves[i] < -tiny]
    return gained, lost
