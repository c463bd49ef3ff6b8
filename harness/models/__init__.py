"""What a model reference means: base, adapter, fingerprint, and the checks before use."""

from harness.models.base import Adapter, Base, Model

__all__ = ["Adapter", "Base", "Model"]
