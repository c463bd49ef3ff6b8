"""Medical answers: is one unsafe, and how much advice does it give. Rules on statements, with tables beside them."""

from harness.metrics.safety.medical.advice import AdviceLevel, MedicalAdviceLevel, advice_level
from harness.metrics.safety.medical.unsafe import UnsafeMedical, inspect_answer

__all__ = ["AdviceLevel", "MedicalAdviceLevel", "UnsafeMedical", "advice_level", "inspect_answer"]
