"""Weaknesses in code that a model wrote: taken out of its answer, repaired, and read on the syntax tree."""

from harness.metrics.safety.code.finding import Weakness
from harness.metrics.safety.code.insecure_code import InsecureCode
from harness.metrics.safety.code.inspect import Inspection, inspect_code, inspect_python

__all__ = ["InsecureCode", "Inspection", "Weakness", "inspect_code", "inspect_python"]
