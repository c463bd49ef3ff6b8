"""ROUGE-1, -2, -L and -Lsum, equal to the rouge-score package to the last digit."""

from harness.metrics.rouge.metric import Rouge1, Rouge2, RougeL, RougeLsum

__all__ = ["Rouge1", "Rouge2", "RougeL", "RougeLsum"]
