"""Figures of different metrics on one scale, from nothing to full marks, so that a mean over tasks says something."""

from collections.abc import Sequence

from harness.metrics.base import Metric
from harness.metrics.contaminated import Contaminated
from harness.metrics.likelihood.perplexity import SurprisalMetric

#: By how much a share may exceed 1 for rounding: the cosine of a vector with itself does in float32.
ROUNDING = 1e-6
#: Metrics that count to a hundred.
OF_HUNDRED = {"bleu", "chrf", "chrf++", "ter"}
#: Metrics that have no full marks, though the best of their figures lie between 0 and 1.
SURPRISALS = {"perplexity", "target_perplexity", "word_perplexity", "byte_perplexity", "bits_per_byte"}


def scale(metric: Metric, values: Sequence[float]) -> float | None:
    """What turns a figure into a share of full marks, larger being better; None where there are no full marks.

    Args:
        values: Figures of the metric; one above 1 tells a metric that has no such end.
    """
    if isinstance(metric, SurprisalMetric):
        return None
    if metric.name in OF_HUNDRED:
        share = 0.01
    elif max(map(abs, values)) <= 1 + ROUNDING:
        share = 1.0
    else:
        return None
    return share if metric.greater_is_better else -share


def marked(metrics: Sequence[Metric]) -> Metric | None:
    """The metric that losses of a task are read from: the first that says right or wrong, else the task's first."""
    own = [metric for metric in metrics if not isinstance(metric, Contaminated | SurprisalMetric)]
    return next((metric for metric in own if metric.is_rate), own[0] if own else None)
