"""Scores of two or more models -> figures with intervals and paired differences. No model is needed here."""

from harness.comparison.differences import difference
from harness.comparison.figures import figures
from harness.comparison.frames import Scores
from harness.comparison.models import RunScores, compare_models, compare_runs, summarise
from harness.comparison.of_run import compare, read_scores
from harness.comparison.views import lacks_views, with_views

__all__ = [
    "RunScores",
    "Scores",
    "compare",
    "compare_models",
    "compare_runs",
    "difference",
    "figures",
    "lacks_views",
    "read_scores",
    "summarise",
    "with_views",
]
