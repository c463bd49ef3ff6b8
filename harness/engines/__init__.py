"""Where text and log-likelihoods come from."""

from harness.engines.base import Answered, Audience, Engine, EngineSettings
from harness.engines.encoding import Encoder
from harness.engines.open import chosen_kind, numerics, open_engine

__all__ = ["Answered", "Audience", "Encoder", "Engine", "EngineSettings", "chosen_kind", "numerics", "open_engine"]
