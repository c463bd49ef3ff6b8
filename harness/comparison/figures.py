"""One model's figures: value, interval, sampling distribution, and the samples that speak against it."""

from collections.abc import Mapping, Sequence

import numpy as np

from harness.comparison.frames import Scores, ScoreTable, each
from harness.metrics.base import MeanMetric, Metric
from harness.records import Figure, Interval, Outcome, Repeats
from harness.stats import Betting, Estimate, Rate, bootstrap_figure, variance_split

#: Sample keys listed in a figure or a difference at most.
LISTED = 200


def figures(
    scores: Scores, tasks: Mapping[str, Sequence[Metric]], models: Sequence[str], *, seed: int = 0, level: float = 0.95
) -> list[Figure]:
    """A figure of every model under every metric of every task that has scores.

    Args:
        tasks: The metrics of each task, the first being the one that rules mean by default.
        models: Names of the evaluated models.
        seed: Of the bootstrap.
    """
    found = (
        (task, metric, model, scores.table(task, metric.name, model)) for task, metric, model in each(tasks, models)
    )
    return [
        figure(task, metric, model, table, seed, level) for task, metric, model, table in found if table is not None
    ]


def figure(task: str, metric: Metric, model: str, table: ScoreTable, seed: int, level: float) -> Figure:
    """One figure; without a value where no sample could be judged."""
    part = table.take(np.flatnonzero(table.judged))
    sums = part.statistics.sum(axis=0)
    estimate = _estimate(metric, part, seed) if len(part.keys) else None
    return Figure(
        model=model,
        task=task,
        metric=metric.name,
        value=estimate.value if estimate else None,
        interval=_interval(estimate, part, level) if estimate else None,
        samples=len(part.keys),
        unscorable=int(np.sum(table.outcomes == Outcome.UNSCORABLE.value)),
        errors=int(np.sum(table.outcomes == Outcome.ERROR.value)),
        greater_is_better=metric.greater_is_better,
        signature=metric.signature,
        breakdown=_finite(metric.breakdown(sums)) if len(part.keys) else {},
        failed=_failed(metric, part),
        estimate=estimate.to_json() if estimate else {},
        repeats=_repeats(metric, part),
    )


def rate_values(metric: Metric, table: ScoreTable) -> np.ndarray | None:
    """The samples' own 0 or 1, shape ``(n,)``, where exact methods for proportions apply, else None."""
    own = bounded_values(metric, table) if metric.is_rate else None
    return own if own is not None and np.all((own == 0) | (own == 1)) else None


def bounded_values(metric: Metric, table: ScoreTable) -> np.ndarray | None:
    """The samples' own values, shape ``(n,)``, where they keep to the metric's bounds and the figure is their mean."""
    if metric.bounds is None or len(table.keys) == 0:
        return None
    own, (low, high) = np.asarray(metric.aggregate(table.statistics), dtype=float), metric.bounds
    if not np.all((own >= low) & (own <= high)):
        return None
    # The bounds are a promise about the figure; a weighted mean would break it.
    figure_of_all = float(metric.aggregate(table.statistics.sum(axis=0)))
    return own if abs(figure_of_all - own.mean()) < 1e-9 else None


def _estimate(metric: Metric, table: ScoreTable, seed: int) -> Estimate | None:
    if table.look is not None and table.clusters is None:
        own = bounded_values(metric, table)
        if own is not None and metric.bounds:
            return Betting.watched(own, table.look, *metric.bounds, complete=table.complete)
    own = rate_values(metric, table)
    if own is not None and table.clusters is None:
        return Rate(int(own.sum()), len(own))
    return bootstrap_figure(table.statistics, metric.aggregate, clusters=table.clusters, seed=seed)


def _interval(estimate: Estimate, table: ScoreTable, level: float) -> Interval:
    interval = estimate.interval(level)
    return interval.model_copy(update={"method": interval.method + table.grouping})


def _repeats(metric: Metric, table: ScoreTable) -> Repeats | None:
    """How much of the error comes from sampling, over the samples whose every generation was judged."""
    if not table.repeated or not isinstance(metric, MeanMetric):
        return None
    _, index, counts = np.unique(table.keys, return_inverse=True, return_counts=True)
    whole = counts[index] == counts.max()
    order = np.lexsort((table.repetitions[whole], index[whole]))
    values = table.values[whole][order].reshape(-1, counts.max())
    if min(values.shape) < 2:
        return None
    split = variance_split(values)
    return Repeats(samples=len(values), repetitions=values.shape[1], generation_share=split.generation_share)


def _failed(metric: Metric, table: ScoreTable) -> list[str]:
    own = rate_values(metric, table)
    bad = table.outcomes == Outcome.FAIL.value
    if own is not None and not metric.is_check:
        bad = own == (0.0 if metric.greater_is_better else 1.0)
    return list(dict.fromkeys(map(str, table.keys[bad])))[:LISTED]


def _finite(parts: Mapping[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in parts.items() if np.isfinite(value)}
