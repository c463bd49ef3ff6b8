"""The few figures by which adapters are held against each other: the objective, the gain, what was forgotten."""

import math
from collections.abc import Sequence

from harness.records import Comparison, Difference, Interval, RunError, Verdict
from harness.records.search import Measure, Quality

#: The tag of tasks whose point is to notice a loss.
FORGETTING = "forgetting"
#: Metrics that count to a hundred.
_OF_HUNDRED = ("bleu", "chrf", "chrf++", "ter")


def quality(
    comparison: Comparison,
    verdict: Verdict | None,
    candidate: str,
    task: str,
    metric: str,
    probes: Sequence[str],
) -> Quality:
    """What a comparison says of one candidate.

    Raises:
        RunError: the objective has no number for it.
    """
    against_base = {
        (d.task, d.metric): d
        for d in comparison.differences
        if d.candidate == candidate and d.reference == comparison.base
    }
    figures = {f.model: f for f in comparison.figures if (f.task, f.metric) == (task, metric)}
    ours, base = figures.get(candidate), figures.get(comparison.base)
    difference = against_base.get((task, metric))
    if ours is None or base is None or ours.value is None or base.value is None or difference is None:
        raise RunError(f"{metric} has no value on {task}", where=candidate)
    rules = [rule for rule in verdict.rules if rule.candidate == candidate] if verdict else []
    return Quality(
        score=Measure(value=ours.value, interval=ours.interval),
        base=Measure(value=base.value, interval=base.interval),
        samples=ours.samples,
        gain=gain(difference),
        forgetting=forgetting(comparison, candidate, probes),
        verdict=verdict.candidates.get(candidate) if verdict else None,
        failed_rules=[f"{r.task} {r.metric}: {r.rule}" for r in rules if r.decision in ("fail", "unavailable")],
    )


def points(metric: str, values: Sequence[float]) -> float | None:
    """Points in one unit of a metric; None where it has no natural hundred."""
    if metric in _OF_HUNDRED:
        return 1.0
    return 100.0 if all(0 <= abs(value) <= 1 for value in values) else None


def has_points(metric: str, one: Quality) -> bool:
    """Whether gains under the metric are in points."""
    return points(metric, (one.score.value, one.base.value)) is not None


def gain(difference: Difference) -> Measure:
    """The difference turned so that more is better, in points where the metric has a natural hundred."""
    return _turned(difference, points(difference.metric, _values(difference)) or 1.0)


def forgetting(comparison: Comparison, candidate: str, probes: Sequence[str]) -> Measure | None:
    """The mean drop against the base over the probes' first metrics, in points; None where none has a natural hundred.

    The interval adds the probes' half-widths in quadrature: samples of different tasks are independent.
    """
    first: dict[str, Difference] = {}
    for d in comparison.differences:
        if d.candidate == candidate and d.reference == comparison.base and d.task in probes:
            first.setdefault(d.task, d)
    scaled = [(d, scale) for d in first.values() if (scale := points(d.metric, _values(d))) is not None]
    if not scaled:
        return None
    gains = [_turned(d, scale) for d, scale in scaled]
    mean = -sum(one.value for one in gains) / len(gains)
    intervals = [one.interval for one in gains if one.interval]
    below = math.sqrt(sum((i.high - g.value) ** 2 for g, i in zip(gains, intervals, strict=True))) / len(gains)
    above = math.sqrt(sum((g.value - i.low) ** 2 for g, i in zip(gains, intervals, strict=True))) / len(gains)
    method = f"mean of {len(gains)} probes, half-widths in quadrature"
    return Measure(
        value=mean,
        interval=Interval(low=mean - below, high=mean + above, level=intervals[0].level, method=method),
    )


def _values(difference: Difference) -> tuple[float, float]:
    return difference.candidate_value, difference.reference_value


def _turned(difference: Difference, scale: float) -> Measure:
    sign = scale if difference.greater_is_better else -scale
    low, high = sorted((difference.interval.low * sign, difference.interval.high * sign))
    return Measure(
        value=difference.difference * sign,
        interval=difference.interval.model_copy(update={"low": low, "high": high}),
    )
