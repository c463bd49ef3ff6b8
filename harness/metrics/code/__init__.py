"""Plain measures of code, under honest names: they describe, and say nothing about right or safe."""

from harness.metrics.code.care import ErrorHandling, InputValidation, SyntaxValid
from harness.metrics.code.measures import CommentRatio, CyclomaticComplexity

__all__ = ["CommentRatio", "CyclomaticComplexity", "ErrorHandling", "InputValidation", "SyntaxValid"]
