"""The transformers engine: one base and all its PEFT adapters in this process, on GPU where there is one."""

from harness.engines.transformers.engine import TransformersEngine

__all__ = ["TransformersEngine"]
