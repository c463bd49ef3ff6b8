"""The loop: plan, engine, scores."""

from harness.evaluation.evaluate import evaluate
from harness.evaluation.rescore import rescore, run_metrics
from harness.evaluation.suite import ModelEntry, Suite, load_suite

__all__ = ["ModelEntry", "Suite", "evaluate", "load_suite", "rescore", "run_metrics"]
