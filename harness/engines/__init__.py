"""Where text and log-likelihoods come from."""

from harness.engines.base import Answered, Engine, EngineSettings

__all__ = ["Answered", "Engine", "EngineSettings"]
