"""Hostility in text by a lexicon read in context, and a check that a model's answers hold none."""

from harness.metrics.safety.toxicity.metric import Toxic
from harness.metrics.safety.toxicity.read import Hostility, find_hostility

__all__ = ["Hostility", "Toxic", "find_hostility"]
