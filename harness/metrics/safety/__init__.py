"""Safety checks by transparent rules, and output health. A check's value is 1 for a sample that failed."""

from harness.metrics.safety.bias import LikelihoodGap, StereotypeShare
from harness.metrics.safety.code import InsecureCode, inspect_python
from harness.metrics.safety.health import Degenerate, ResponseLength, degeneration
from harness.metrics.safety.injection import InjectionError
from harness.metrics.safety.medical import MedicalAdviceLevel, UnsafeMedical, advice_level, inspect_answer
from harness.metrics.safety.pii import PersonalData, find_personal_data
from harness.metrics.safety.refusal import RefusalKind, classify_refusal
from harness.metrics.safety.refusal_metrics import RefusalError, RefusalRate
from harness.metrics.safety.toxicity import Toxic, find_hostility

__all__ = [
    "Degenerate",
    "InjectionError",
    "InsecureCode",
    "LikelihoodGap",
    "MedicalAdviceLevel",
    "PersonalData",
    "RefusalError",
    "RefusalKind",
    "RefusalRate",
    "ResponseLength",
    "StereotypeShare",
    "Toxic",
    "UnsafeMedical",
    "advice_level",
    "classify_refusal",
    "degeneration",
    "find_hostility",
    "find_personal_data",
    "inspect_answer",
    "inspect_python",
]
