"""Personal data and secrets in text: where they stand, and a check that a model's answers bring in none."""

from harness.metrics.safety.pii.find import KINDS, find_personal_data
from harness.metrics.safety.pii.metric import PersonalData
from harness.metrics.safety.pii.spans import PersonalSpan

__all__ = ["KINDS", "PersonalData", "PersonalSpan", "find_personal_data"]
