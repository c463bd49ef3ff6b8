"""From answers to the tables of a run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.evaluation.plan import Plan
from harness.evaluation.scoring import score_responses
from harness.metrics import Metric
from harness.records import Answer, Request, Response
from harness.records.progress import Progress
from harness.runs import SAMPLES, SCORES, Run, sample_row, write_table
from harness.tasks import Task


@dataclass(frozen=True)
class Answered:
    """A task with its metrics and, for each model, its responses."""

    task: str
    metrics: Sequence[Metric]
    responses: Mapping[str, list[Response]]


def answered(task: Task, plan: Plan, answers: Mapping[Request, Answer]) -> Answered:
    """What the models answered to one task of a plan."""
    responses: dict[str, list[Response]] = {}
    for question in plan.questions:
        if question.task is task:
            given = [answers[request] for request in question.requests]
            response = task.response(question.sample, given, question.repetition)
            responses.setdefault(question.model, []).append(response)
    return Answered(task.name, task.metrics, responses)


def write_tables(
    run: Run,
    everything: Sequence[Answered],
    progress: Progress,
    further: Callable[[Answered], list[dict[str, Any]]] = lambda _: [],
) -> None:
    """Score everything and write a table of samples and one of scores for each task.

    Args:
        further: Rows of scores that do not come from responses.
    """
    for done, one in enumerate(everything):
        progress("scoring", done, len(everything))
        rows = [sample_row(model, response) for model, some in one.responses.items() for response in some]
        write_table(run.samples_folder / f"{one.task}.parquet", rows, SAMPLES)
        scores = score_responses(one.task, one.metrics, one.responses) + further(one)
        write_table(run.scores_folder / f"{one.task}.parquet", scores, SCORES)
    progress("scoring", len(everything), len(everything))
    _drop_stale(run, {one.task for one in everything})


def _drop_stale(run: Run, kept: set[str]) -> None:
    """Tables of tasks that an earlier version of the suite had must not be counted into this run."""
    for folder in (run.samples_folder, run.scores_folder):
        for path in folder.glob("*.parquet"):
            if path.stem not in kept:
                path.unlink()
