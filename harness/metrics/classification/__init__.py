"""Metrics of answers from a closed set: accuracy, and figures of the confusion matrix."""

from harness.metrics.classification.accuracy import Accuracy, NormalisedAccuracy
from harness.metrics.classification.averages import F1, BalancedAccuracy, MatthewsCorrelation, Precision, Recall
from harness.metrics.classification.confusion import ConfusionMetric

__all__ = [
    "F1",
    "Accuracy",
    "BalancedAccuracy",
    "ConfusionMetric",
    "MatthewsCorrelation",
    "NormalisedAccuracy",
    "Precision",
    "Recall",
]
