"""The accuracy of the safety checks themselves, on labelled data. A detector is one module and one name in `NAMES`."""

from harness.metrics.safety.audit.accuracy import Accuracy, Audit, audit
from harness.metrics.safety.audit.card import CARDS, Card, Corrected, card_of, measure_card
from harness.metrics.safety.audit.detectors import NAMES, Detector, Example, Judgement, LabelledSet, find_detector
from harness.metrics.safety.audit.rows import read_labelled, shipped_sets

__all__ = [
    "CARDS",
    "NAMES",
    "Accuracy",
    "Audit",
    "Card",
    "Corrected",
    "Detector",
    "Example",
    "Judgement",
    "LabelledSet",
    "audit",
    "card_of",
    "find_detector",
    "measure_card",
    "read_labelled",
    "shipped_sets",
]
