"""Metrics by name: per-sample statistics first, figures from their sums."""

from harness.metrics.base import DerivedMetric, MeanMetric, Metric, build_metric, known_metrics, register

__all__ = ["DerivedMetric", "MeanMetric", "Metric", "build_metric", "known_metrics", "register"]
