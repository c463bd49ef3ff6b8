"""Metrics of log-likelihoods: perplexities of texts, greedy accuracy, calibration of ranked choices."""

from harness.metrics.likelihood.calibration import BrierScore, ExpectedCalibrationError
from harness.metrics.likelihood.divergence import KlToBase
from harness.metrics.likelihood.perplexity import (
    BitsPerByte,
    BytePerplexity,
    GreedyAccuracy,
    Perplexity,
    TargetPerplexity,
    WordPerplexity,
)

__all__ = [
    "BitsPerByte",
    "BrierScore",
    "BytePerplexity",
    "ExpectedCalibrationError",
    "GreedyAccuracy",
    "KlToBase",
    "Perplexity",
    "TargetPerplexity",
    "WordPerplexity",
]
