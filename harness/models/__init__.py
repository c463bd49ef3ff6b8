"""What a model reference means: base, adapter, fingerprint, and the checks before use."""

from harness.models.base import Adapter, Base, Model
from harness.models.examine import examine_adapter, unmatched_tensors
from harness.models.methods import METHODS, Method, method_of
from harness.models.resolve import resolve_adapter, resolve_base

__all__ = [
    "METHODS",
    "Adapter",
    "Base",
    "Method",
    "Model",
    "examine_adapter",
    "method_of",
    "resolve_adapter",
    "resolve_base",
    "unmatched_tensors",
]
