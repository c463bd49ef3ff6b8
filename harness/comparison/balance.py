"""Mean loss on the probes, mean gain on the targets, and the one for each point of the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.comparison.frames import ScoreTable, pair
from harness.comparison.scales import scale
from harness.metrics.base import Metric
from harness.records import Difference, Figure, Interval
from harness.records.forgetting import ALL_PROBES
from harness.stats import WeightedSum, bootstrap_sums, cluster_sums, estimate_from_json


@dataclass(frozen=True)
class Move:
    """A task's paired difference; times ``factor`` it is a share of full marks, lost or gained."""

    difference: Difference
    metric: Metric
    factor: float


#: Scores of candidate and reference by task.
Tables = Mapping[str, tuple[ScoreTable, ScoreTable]]


def moves(
    tasks: Mapping[str, Metric],
    names: tuple[str, str],
    differences: Mapping[tuple[str, str, str, str], Difference],
    *,
    lost: bool,
) -> list[Move]:
    """The differences of tasks that have full marks; ``names`` are candidate and reference.

    Args:
        differences: By candidate, reference, task and metric.
        lost: Count what was lost, not what was gained.
    """
    found = []
    for task, metric in tasks.items():
        d = differences.get((*names, task, metric.name))
        factor = scale(metric, [d.candidate_value, d.reference_value]) if d else None
        if d is not None and factor is not None:
            found.append(Move(d, metric, -factor if lost else factor))
    return found


def balance(candidate: str, lost: Sequence[Move], won: Sequence[Move], tables: Tables, seed: int) -> list[Figure]:
    """``mean_drop``, ``mean_gain`` and ``forgetting_per_gain``, as far as there are tasks for them.

    The last is the ratio of the first two. It has no meaning where nothing was gained, so there is none unless the gain
    is shown: the lower end of its 95 % interval lies above zero.
    """
    figures = []
    if lost:
        figures.append(_mean(candidate, "mean_drop", lost))
    if won:
        figures.append(_mean(candidate, "mean_gain", won))
    if lost and won and figures[1].interval and figures[1].interval.low > 0:
        # A stream for each task: samples of different tasks are drawn independently, those of one task alike.
        streams = {move.difference.task: seed + 2 + 1_000 * place for place, move in enumerate(won)}
        streams |= {move.difference.task: seed + 1 + 1_000 * place for place, move in enumerate(lost)}
        ratio = _per_gain(figures[0], figures[1], _drawn(lost, tables, streams), _drawn(won, tables, streams))
        figures += [ratio] if ratio else []
    return figures


def _mean(candidate: str, measure: str, some: Sequence[Move]) -> Figure:
    parts = tuple(estimate_from_json(one.difference.estimate) for one in some)
    estimate = WeightedSum.mean(parts, tuple(one.factor for one in some))
    over = ",".join(f"{one.difference.task}:{one.difference.metric}" for one in some)
    return Figure(
        model=candidate,
        task=ALL_PROBES,
        metric=measure,
        value=estimate.value,
        interval=estimate.interval(),
        samples=sum(one.difference.pairs for one in some),
        unscorable=sum(one.difference.unpaired for one in some),
        errors=0,
        greater_is_better=measure == "mean_gain",
        signature=f"{measure}|share of full marks|mean over tasks|{over}",
        estimate=estimate.to_json(),
    )


def _per_gain(drop: Figure, gain: Figure, lost: np.ndarray, won: np.ndarray) -> Figure | None:
    """The ratio, with the percentile interval of its resamples, in which drop and gain vary together.

    None where so many resamples gain nothing that the interval has no end.
    """
    ratios = np.divide(lost, won, out=np.full(len(won), np.inf), where=won > 0)
    # Quantiles are taken, never interpolated, so that an infinite neighbour does no harm.
    low, high = np.quantile(ratios, [0.025, 0.975], method="inverted_cdf")
    if not np.isfinite([low, high]).all():
        return None
    method = "paired bootstrap within tasks, percentile"
    return drop.model_copy(
        update={
            "metric": "forgetting_per_gain",
            "value": (drop.value or 0.0) / (gain.value or 1.0),
            "interval": Interval(low=float(low), high=float(high), level=0.95, method=method),
            "samples": drop.samples + gain.samples,
            "unscorable": drop.unscorable + gain.unscorable,
            "signature": f"forgetting_per_gain|{drop.signature}|{gain.signature}",
            "estimate": {},
        }
    )


def _drawn(some: Sequence[Move], tables: Tables, streams: Mapping[str, int]) -> np.ndarray:
    """The mean of the moves in resamples of the samples of each task, shape ``(replicates,)``.

    Args:
        streams: Seed of each task's resamples.
    """
    total = np.zeros(1)
    for move in some:
        ours, theirs, _ = pair(*tables[move.difference.task], where=move.difference.task)
        rows, width = np.hstack([ours.statistics, theirs.statistics]), ours.statistics.shape[1]
        rows = rows if ours.clusters is None else cluster_sums(rows, ours.clusters)
        sums = bootstrap_sums(rows, seed=streams[move.difference.task])
        changed = move.metric.aggregate(sums[:, :width]) - move.metric.aggregate(sums[:, width:])
        total = total + move.factor * np.nan_to_num(changed) / len(some)
    return total
