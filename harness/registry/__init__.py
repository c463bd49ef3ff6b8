"""The registry of adapters: versions under names, content-addressed files, tags, figures, what differs, merging."""

from harness.registry.names import PREFIX
from harness.registry.registry import Fault, Registry, answering_models, default_root
from harness.registry.version import Measured, Version

__all__ = ["PREFIX", "Fault", "Measured", "Registry", "Version", "answering_models", "default_root"]
