"""Metrics of other libraries: modules of Hugging Face ``evaluate``."""

from harness.metrics.foreign.evaluate_module import EvaluateModule

__all__ = ["EvaluateModule"]
