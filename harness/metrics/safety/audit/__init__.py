"""The accuracy of the safety checks themselves, on labelled data. A detector is one module and one name in `NAMES`."""

from harness.metrics.safety.audit.accuracy import Accuracy, Audit, audit
from harness.metrics.safety.audit.detectors import NAMES, Detector, Example, Judgement, LabelledSet, find_detector
from harness.metrics.safety.audit.rows import read_labelled, shipped_sets

__all__ = [
    "NAMES",
    "Accuracy",
    "Audit",
    "Detector",
    "Example",
    "Judgement",
    "LabelledSet",
    "audit",
    "find_detector",
    "read_labelled",
    "shipped_sets",
]
