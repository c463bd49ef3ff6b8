"""Figures and filters of lm-evaluation-harness, for its tasks."""

from harness.metrics.lm_eval.choices import GOLD
from harness.metrics.lm_eval.filters import INVALID, KNOWN_FILTERS, Filter, Pipeline, apply_pipeline
from harness.metrics.lm_eval.metric import METRICS, LmEvalMetric

__all__ = [
    "GOLD",
    "INVALID",
    "KNOWN_FILTERS",
    "METRICS",
    "Filter",
    "LmEvalMetric",
    "Pipeline",
    "apply_pipeline",
]
