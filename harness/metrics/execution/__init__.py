"""Metrics that run the code a model wrote, in the sandbox."""

from harness.metrics.execution.functional import FunctionalCorrectness
from harness.metrics.execution.secure import SecurePassRate

__all__ = ["FunctionalCorrectness", "SecurePassRate"]
