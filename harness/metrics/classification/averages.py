"""Precision, recall and F1 with their averages, balanced accuracy, and Matthews correlation."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from harness.metrics.base import register
from harness.metrics.classification.confusion import ConfusionMetric, Margins, divide
from harness.records import InputError


class AveragedMetric(ConfusionMetric):
    """A per-label figure, averaged. ``average`` is ``macro``, ``micro``, ``weighted`` (by support) or a label."""

    default_average: ClassVar[str] = "macro"

    def __init__(self, *, labels: Sequence[str] = (), average: str | None = None) -> None:
        super().__init__(labels=labels)
        self.average = average or self.default_average
        if self.average not in ("macro", "micro", "weighted", *self.labels):
            raise InputError(
                f"{self.name}: average is {self.average!r}", mend="use macro, micro, weighted or one of the labels"
            )

    @property
    def signature(self) -> str:
        return f"{super().signature}|average:{self.average}"

    @abstractmethod
    def ratio(self, margins: Margins) -> tuple[np.ndarray, np.ndarray]:
        """Numerator and denominator per label; a micro average sums both first."""

    def figure(self, margins: Margins) -> np.ndarray:
        above, below = self.ratio(margins)
        if self.average == "micro":
            return divide(above.sum(-1), below.sum(-1))
        each = divide(above, below)
        if self.average == "macro":
            return divide(np.where(margins.occurs, each, 0).sum(-1), margins.occurs.sum(-1))
        if self.average == "weighted":
            return divide((each * margins.gold).sum(-1), margins.gold.sum(-1))
        return each[..., self.labels.index(self.average)]


@register("f1")
class F1(AveragedMetric):
    """Harmonic mean of precision and recall, ``2 TP / (2 TP + FP + FN)``; macro average unless told otherwise."""

    def ratio(self, margins: Margins) -> tuple[np.ndarray, np.ndarray]:
        return 2 * margins.hits, margins.gold + margins.named


@register("precision")
class Precision(AveragedMetric):
    """``TP / (TP + FP)``; macro average unless told otherwise."""

    def ratio(self, margins: Margins) -> tuple[np.ndarray, np.ndarray]:
        return margins.hits, margins.named


@register("recall")
class Recall(AveragedMetric):
    """``TP / (TP + FN)``; macro average unless told otherwise."""

    def ratio(self, margins: Margins) -> tuple[np.ndarray, np.ndarray]:
        return margins.hits, margins.gold


@register("f1_macro")
class F1Macro(F1):
    """F1 averaged over labels, each counting the same."""


@register("f1_micro")
class F1Micro(F1):
    """F1 of the pooled decisions."""

    default_average = "micro"


@register("f1_weighted")
class F1Weighted(F1):
    """F1 averaged over labels by their support."""

    default_average = "weighted"


@register("precision_macro")
class PrecisionMacro(Precision):
    """Precision averaged over labels, each counting the same."""


@register("recall_macro")
class RecallMacro(Recall):
    """Recall averaged over labels, each counting the same."""


@register("balanced_accuracy")
class BalancedAccuracy(ConfusionMetric):
    """Mean recall of the labels that occur as gold (scikit-learn's ``balanced_accuracy_score``)."""

    def figure(self, margins: Margins) -> np.ndarray:
        present = margins.gold > 0
        return divide(divide(margins.hits, margins.gold).sum(-1), present.sum(-1))


@register("mcc")
class MatthewsCorrelation(ConfusionMetric):
    """Matthews correlation for any number of labels (Gorodkin 2004), unparsed answers being a label of their own."""

    def figure(self, margins: Margins) -> np.ndarray:
        total, right = margins.gold.sum(-1), margins.hits.sum(-1)
        covariance = right * total - (margins.gold * margins.named).sum(-1)
        spread = (total**2 - (margins.predicted**2).sum(-1)) * (total**2 - (margins.gold**2).sum(-1))
        return divide(covariance, np.sqrt(spread))
