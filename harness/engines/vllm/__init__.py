"""The vLLM engine: one vLLM for a base and all its adapters, with log-likelihoods that read the prefix cache."""

from harness.engines.vllm.engine import VllmEngine

__all__ = ["VllmEngine"]
