"""From answers to scores: each metric of a task over the responses of each model."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.metrics import DerivedMetric, Metric
from harness.records import HarnessError, Response, RunError, Score
from harness.runs import score_rows


def score_responses(
    task: str, metrics: Sequence[Metric], responses: Mapping[str, list[Response]]
) -> list[dict[str, Any]]:
    """Rows of the scores table for one task.

    Args:
        task: Its name.
        metrics: What to measure.
        responses: For each model, its responses.

    Raises:
        RunError: a metric broke the contract (a score missing, statistics of unequal length).
    """
    rows = []
    for model, given in responses.items():
        known: dict[str, list[Score]] = {}
        for metric in metrics:
            rows += score_rows(task, model, metric.name, _measured(task, metric, given, known))
    return rows


def _measured(
    task: str, metric: Metric, responses: list[Response], known: dict[str, list[Score]]
) -> Iterable[tuple[Response, Score]]:
    try:
        scores = _scores(metric, responses, known)
    except HarnessError as error:
        error.where = error.where or f"task {task!r}, metric {metric.name!r}"
        raise
    widths = {len(score.statistics) for score in scores}
    if len(scores) != len(responses) or len(widths) > 1:
        raise RunError("gave scores that do not fit the samples", where=f"task {task!r}, metric {metric.name!r}")
    return zip(responses, scores, strict=True)


def _scores(metric: Metric, responses: list[Response], known: dict[str, list[Score]]) -> list[Score]:
    """The metric's scores; what another metric of the task measured in the same way is not measured again."""
    if metric.signature not in known:
        known[metric.signature] = (
            metric.derive(responses, _scores(metric.source, responses, known))
            if isinstance(metric, DerivedMetric)
            else metric.measure(responses)
        )
    return known[metric.signature]
