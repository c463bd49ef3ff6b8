"""What a model gives away of its training file: rows it was trained on against rows it never saw."""

from harness.metrics.leakage.groups import CanaryExposure, VerbatimGap
from harness.metrics.leakage.membership import MembershipAuc, MembershipTpr

__all__ = ["CanaryExposure", "MembershipAuc", "MembershipTpr", "VerbatimGap"]
