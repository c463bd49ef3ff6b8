"""Taking samples until the rules are decided: in random order, in growing batches, all models of a batch together.

Which rules are decided is not known here: a referee from the gate says so after each batch, and by the same evidence
as in the end. A run that is resumed looks at the same samples at the same moments and stops at the same place.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import pandas as pd

from harness.evaluation.ask import Desk
from harness.evaluation.plan import Plan, Question
from harness.evaluation.scoring import score_responses
from harness.metrics import Metric
from harness.records import Answer, ModelRow, Request, Response, TaskRow
from harness.records.progress import Progress
from harness.tasks import Task

#: Samples of the first look, and how much further each look goes than the one before. The first is about what the
#: clearest case needs; growing by half oversteps what is needed by a quarter on average, and keeps batches large.
FIRST, GROWTH = 32, 1.5


@dataclass(frozen=True)
class Taken:
    """The samples taken so far of the tasks that may stop early, scored by the metrics that rules read."""

    models: Sequence[ModelRow]
    tasks: Sequence[TaskRow]
    scores: pd.DataFrame


class Referee(Protocol):
    """Knows the rules: which tasks may stop early, and which have nothing left to decide."""

    def ruled(self, task: Task) -> list[Metric]:
        """The metrics of a task that rules read."""

    def why_whole(self, task: Task) -> str:
        """Why a task must be asked whole; empty where it may stop early."""

    def settled(self, taken: Taken) -> set[str]:
        """The tasks whose rules are all decided, for every candidate."""


@dataclass
class Watch:
    """One task, taken look by look.

    Attributes:
        available: Samples there are.
        looks: How many had been taken at each look.
        rows: Their scores.
    """

    task: Task
    available: int
    looks: list[int] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def taken(self) -> int:
        return self.looks[-1] if self.looks else 0

    @property
    def row(self) -> TaskRow:
        task = self.task
        return TaskRow(
            name=task.name, tags=list(task.tags), fingerprint="", samples=self.taken, looks=self.looks,
            available=self.available,
        )  # fmt: skip

    def entry(self) -> dict[str, Any]:
        """What the manifest says of it."""
        return {"looks": self.looks, "available": self.available}


@dataclass(frozen=True)
class Asked:
    """The part of a plan that was asked, and its answers.

    ``entries`` is for the manifest: the looks at each task that may stop early, or why it may not.
    """

    plan: Plan
    answers: Mapping[Request, Answer]
    entries: Mapping[str, dict[str, Any]] = field(default_factory=dict)


def ask_until_decided(
    plan: Plan, models: Sequence[ModelRow], referee: Referee, desk: Desk, progress: Progress
) -> Asked:
    """Ask look by look, and of each task no more than its rules need. Tasks that cannot stop early are asked whole.

    Args:
        plan: Everything that could be asked, the samples of each task in random order.
        models: All models of the suite, the refused ones with the reason.
        desk: Where answers come from.
    """
    whole = {task.name: referee.why_whole(task) for task in dict.fromkeys(q.task for q in plan.questions)}
    placed = list(_placed(plan.questions))
    watches = {
        question.task.name: Watch(question.task, 1 + place)
        for place, question in placed
        if not whole[question.task.name]
    }
    new = [question for question in plan.questions if question.task.name not in watches]
    asked: list[Question] = []
    answers: dict[Request, Answer] = {}
    open_ = dict(watches)
    for look, size in enumerate(_sizes(), start=1):
        new += [q for place, q in placed if q.task.name in open_ and open_[q.task.name].taken <= place < size]
        requests = list(dict.fromkeys(request for question in new for request in question.requests))
        answers |= desk.ask(requests, f"asking the models, look {look}", progress)
        asked += new
        for watch in open_.values():
            watch.looks.append(min(size, watch.available))
            watch.rows += _scores(watch.task, referee.ruled(watch.task), new, answers)
        done = referee.settled(_taken(models, watches)) if watches else set()
        open_ = {name: watch for name, watch in open_.items() if name not in done and watch.taken < watch.available}
        if not open_:
            break
        new = []
    kept = set(map(id, asked))
    entries = {name: watches[name].entry() if name in watches else {"whole": why} for name, why in whole.items()}
    return Asked(Plan([question for question in plan.questions if id(question) in kept]), answers, entries)


def _sizes() -> Iterator[int]:
    size = float(FIRST)
    while True:
        yield int(size)
        size *= GROWTH


def _placed(questions: Sequence[Question]) -> Iterator[tuple[int, Question]]:
    """Each question with its sample's place among those of its task."""
    seen: Counter[tuple[str, str]] = Counter()
    for question in questions:
        yield seen[question.task.name, question.model], question
        seen[question.task.name, question.model] += 1


def _scores(
    task: Task, metrics: Sequence[Metric], questions: Sequence[Question], answers: Mapping[Request, Answer]
) -> list[dict[str, Any]]:
    responses: dict[str, list[Response]] = {}
    for question in questions:
        if question.task is task:
            given = [answers[request] for request in question.requests]
            responses.setdefault(question.model, []).append(task.response(question.sample, given))
    return score_responses(task.name, metrics, responses)


def _taken(models: Sequence[ModelRow], watches: Mapping[str, Watch]) -> Taken:
    rows = [row for watch in watches.values() for row in watch.rows]
    return Taken(models, [watch.row for watch in watches.values()], pd.DataFrame(rows))
