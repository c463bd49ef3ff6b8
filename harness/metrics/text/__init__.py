"""Metrics of free text against references: exact match, token F1, BLEU, chrF, TER, length ratio."""

from harness.metrics.text.match import ExactMatch, LengthRatio, TokenF1
from harness.metrics.text.sacre import Bleu, Chrf, ChrfPlusPlus, Ter

__all__ = ["Bleu", "Chrf", "ChrfPlusPlus", "ExactMatch", "LengthRatio", "Ter", "TokenF1"]
