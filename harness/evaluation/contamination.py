"""Holding the samples of a suite against the data its models were trained on."""

from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

from harness.evaluation.suite import Suite
from harness.evaluation.write import Answered
from harness.records import Finding, Outcome, Response, Score
from harness.records.selection import PROBE_TAG
from harness.runs import score_rows
from harness.training.contamination import Overlap, TrainingText
from harness.training.rows.examples import read_any

METRIC = "contaminated"
_WORDS = {"exact": "the whole text is a turn of", "ngram": "13 words in a row stand in", "near": "nearly the same as"}


class Contamination:
    """Which samples each model has seen, as far as the suite says what it was trained on.

    Raises:
        InputError: a file of training data cannot be read.
    """

    def __init__(self, suite: Suite) -> None:
        self._seen = {
            model: TrainingText(example for file in files for example in read_any(file, suite.folder).examples)
            for model, files in suite.trained_on.items()
        }

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """The metric that every task of the run has besides its own."""
        return [{"name": METRIC}] if self._seen else []

    def of(self, tasks: Container[str]) -> Callable[[Answered], list[dict[str, Any]]]:
        """Makes the rows of the scores table for these tasks, and none for others (probes ask what tasks ask)."""
        return lambda answered: self._scores(answered) if self._seen and answered.task in tasks else []

    def _scores(self, answered: Answered) -> list[dict[str, Any]]:
        """Models whose training data is not known are not judged."""
        rows = []
        for model, responses in answered.responses.items():
            text = self._seen.get(model)
            overlaps = text.overlaps([one.sample for one in responses]) if text else {}
            scores = [_score(overlaps, one) if text else _unknown() for one in responses]
            rows += score_rows(answered.task, model, METRIC, zip(responses, scores, strict=True))
        return rows


def _score(overlaps: Mapping[str, Overlap], response: Response) -> Score:
    overlap = overlaps.get(response.sample.key)
    if overlap is None:
        return Score(Outcome.PASS, 0.0, (0.0, 1.0))
    reason = f"{_WORDS[overlap.kind]} {overlap.where}: {overlap.shared[:200]}"
    return Score(Outcome.FAIL, 1.0, (1.0, 1.0), findings=(Finding(f"contaminated-{overlap.kind}", "high", reason),))


def _unknown() -> Score:
    return Score(Outcome.UNSCORABLE, None, (0.0, 0.0))


def names(tasks: Sequence[dict[str, Any]], metrics: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Entries of the manifest's tasks with further metrics; fingerprints stay, since nothing asked changes."""
    return [
        task
        if PROBE_TAG in task["tags"]
        else task | {"definition": task["definition"] | {"metrics": [*task["definition"]["metrics"], *metrics]}}
        for task in tasks
    ]
