"""A proportion seen through an imperfect detector, corrected for the detector's own sensitivity and specificity."""

import math
from dataclasses import dataclass

from scipy import stats

from harness.records import Interval


@dataclass(frozen=True)
class DetectorCounts:
    """How a detector did on labelled items: ``hits`` of ``positives`` flagged, ``rejections`` of ``negatives`` not."""

    hits: int
    positives: int
    rejections: int
    negatives: int

    def __post_init__(self) -> None:
        if not (0 <= self.hits <= self.positives and 0 <= self.rejections <= self.negatives):
            raise ValueError(f"{self} cannot be: need 0 <= hits <= positives and 0 <= rejections <= negatives")

    @property
    def sensitivity(self) -> float:
        """The share of positives that is flagged; NaN without positives."""
        return self.hits / self.positives if self.positives else math.nan

    @property
    def specificity(self) -> float:
        """The share of negatives that is not flagged; NaN without negatives."""
        return self.rejections / self.negatives if self.negatives else math.nan


def rogan_gladen(apparent: float, sensitivity: float, specificity: float) -> float:
    """The true proportion behind an apparent one, cut to [0, 1].

    Raises:
        ValueError: the detector tells nothing (sensitivity + specificity is at most 1).

    Source: Rogan and Gladen (1978), American Journal of Epidemiology 107:71.
    """
    informedness = sensitivity + specificity - 1
    if not informedness > 0:
        raise ValueError(
            f"sensitivity {sensitivity} and specificity {specificity} tell nothing: their sum is at most 1"
        )
    return min(1.0, max(0.0, (apparent + specificity - 1) / informedness))


def corrected_interval(flagged: int, trials: int, detector: DetectorCounts, level: float = 0.95) -> Interval:
    """The interval of the true proportion where ``flagged`` of ``trials`` items were flagged.

    It carries the uncertainty of the sample and of both accuracies, which are taken from independent labelled items.
    Near 0 and 1 it is rather too wide than too narrow.

    Raises:
        ValueError: no trials, or the detector tells nothing.

    Source: Lang and Reiczigel (2014), Preventive Veterinary Medicine 113:13, equations 6, 7 and 15 to 17; equal to
    ``prevSeSp`` of the R package asht.
    """
    if not 0 <= flagged <= trials or trials < 1:
        raise ValueError(f"flagged={flagged} of trials={trials}: need 0 <= flagged <= trials and trials >= 1")
    z = float(stats.norm.ppf(0.5 + level / 2))
    size = trials + z * z
    apparent = (flagged + z * z / 2) / size
    sensitivity = (detector.hits + 1) / (detector.positives + 2)
    specificity = (detector.rejections + 1) / (detector.negatives + 2)
    informedness = sensitivity + specificity - 1
    if not informedness > 0:
        raise ValueError(f"{detector} tells nothing: sensitivity and specificity sum to at most 1")
    centre = (apparent + specificity - 1) / informedness
    of_sensitivity = sensitivity * (1 - sensitivity) / (detector.positives + 2)
    of_specificity = specificity * (1 - specificity) / (detector.negatives + 2)
    shift = 2 * z * z * (centre * of_sensitivity - (1 - centre) * of_specificity)
    variance = apparent * (1 - apparent) / size + centre**2 * of_sensitivity + (1 - centre) ** 2 * of_specificity
    half = z * math.sqrt(variance) / informedness
    low, high = (min(1.0, max(0.0, centre + shift + side * half)) for side in (-1, 1))
    return Interval(low=low, high=high, level=level, method="Lang-Reiczigel")
