"""Weaknesses in code that a model wrote: taken out of its answer, repaired, and read on the syntax tree."""

from harness.metrics.safety.code.insecure_code import InsecureCode, inspect_python

__all__ = ["InsecureCode", "inspect_python"]
