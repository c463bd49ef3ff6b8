"""The few figures by which adapters are held against each other: the objective, the gain, what was forgotten."""

from collections.abc import Sequence

from harness.comparison.scales import scale
from harness.metrics import Metric
from harness.records import Comparison, Difference, Interval, RunError, Verdict
from harness.records.forgetting import ALL_PROBES
from harness.records.search import Measure, Quality


def quality(comparison: Comparison, verdict: Verdict | None, candidate: str, task: str, metric: Metric) -> Quality:
    """What a comparison says of one candidate.

    Raises:
        RunError: the objective has no number for it.
    """
    figures = {f.model: f for f in comparison.figures if (f.task, f.metric) == (task, metric.name)}
    ours, base = figures.get(candidate), figures.get(comparison.base)
    wanted = (candidate, comparison.base, task, metric.name)
    found = (d for d in comparison.differences if (d.candidate, d.reference, d.task, d.metric) == wanted)
    difference = next(found, None)
    if ours is None or base is None or ours.value is None or base.value is None or difference is None:
        raise RunError(f"{metric.name} has no value on {task}", where=candidate)
    rules = [rule for rule in verdict.rules if rule.candidate == candidate] if verdict else []
    return Quality(
        score=Measure(value=ours.value, interval=ours.interval),
        base=Measure(value=base.value, interval=base.interval),
        samples=ours.samples,
        gain=gain(difference, metric),
        forgetting=mean_drop(comparison, candidate),
        verdict=verdict.candidates.get(candidate) if verdict else None,
        failed_rules=[f"{r.task} {r.metric}: {r.rule}" for r in rules if r.decision in ("fail", "unavailable")],
    )


def points(metric: Metric, values: Sequence[float]) -> float | None:
    """Points in one unit of a metric, larger being better; None where it has no full marks."""
    share = scale(metric, values)
    return None if share is None else 100 * share


def has_points(metric: Metric, one: Quality) -> bool:
    """Whether gains under the metric are in points."""
    return points(metric, (one.score.value, one.base.value)) is not None


def gain(difference: Difference, metric: Metric) -> Measure:
    """The difference turned so that more is better, in points where the metric has full marks."""
    factor = points(metric, (difference.candidate_value, difference.reference_value))
    return _times(difference.difference, difference.interval, factor or (1.0 if metric.greater_is_better else -1.0))


def mean_drop(comparison: Comparison, candidate: str) -> Measure | None:
    """The mean loss against the base over the forgetting probes, in points; None where there are none."""
    losses = comparison.forgetting.losses if comparison.forgetting else []
    for loss in losses:
        if (loss.candidate, loss.reference) == (candidate, comparison.base):
            for figure in loss.figures:
                if (figure.task, figure.metric) == (ALL_PROBES, "mean_drop") and figure.value is not None:
                    return _times(figure.value, figure.interval, 100.0)
    return None


def _times(value: float, interval: Interval | None, factor: float) -> Measure:
    if interval is None:
        return Measure(value=value * factor)
    low, high = sorted((interval.low * factor, interval.high * factor))
    return Measure(value=value * factor, interval=interval.model_copy(update={"low": low, "high": high}))
