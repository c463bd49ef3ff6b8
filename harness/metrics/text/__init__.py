"""Metrics of free text: exact match, SQuAD's scores, BLEU, chrF, TER, METEOR, lengths, terms."""

from harness.metrics.text.length import CompressionRatio, GzipRatio, LengthRatio
from harness.metrics.text.match import ExactMatch, SquadExactMatch, TokenF1
from harness.metrics.text.meteor import Meteor
from harness.metrics.text.sacre import Bleu, Chrf, ChrfPlusPlus, Ter
from harness.metrics.text.terminology import TerminologyUsage

__all__ = [
    "Bleu",
    "Chrf",
    "ChrfPlusPlus",
    "CompressionRatio",
    "ExactMatch",
    "GzipRatio",
    "LengthRatio",
    "Meteor",
    "SquadExactMatch",
    "Ter",
    "TerminologyUsage",
    "TokenF1",
]
