"""Safety checks by transparent rules, and output health. A check's value is 1 for a sample that failed."""

from harness.metrics.safety.code import InsecureCode, inspect_python
from harness.metrics.safety.health import Degenerate, ResponseLength, degeneration
from harness.metrics.safety.refusal import RefusalKind, classify_refusal
from harness.metrics.safety.refusal_metrics import RefusalError, RefusalRate
from harness.metrics.safety.unsafe_medical import UnsafeMedical, inspect_answer

__all__ = [
    "Degenerate",
    "InsecureCode",
    "RefusalError",
    "RefusalKind",
    "RefusalRate",
    "ResponseLength",
    "UnsafeMedical",
    "classify_refusal",
    "degeneration",
    "inspect_answer",
    "inspect_python",
]
