"""Training data before it is trained on: what is wrong with it, its parts, and a diverse subset."""

from harness.training.data.check import Quality, check_files
from harness.training.data.faults import KINDS, Fault

__all__ = ["KINDS", "Fault", "Quality", "check_files"]
