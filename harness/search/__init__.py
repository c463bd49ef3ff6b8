"""Many trainings held against each other: a search over the values of a recipe, and a comparison of methods."""

from harness.search.methods import compare_methods
from harness.search.tune import tune

__all__ = ["compare_methods", "tune"]
