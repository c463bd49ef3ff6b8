"""The plan of a run: every request of every task and model, made before anything is asked."""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.engines import Encoder
from harness.evaluation.forgetting import probe_tasks, target_tasks
from harness.evaluation.part import Part
from harness.evaluation.probe import NOISE_TASK, TASK
from harness.evaluation.suite import Suite
from harness.metrics import build_metric
from harness.metrics.parts import read_by
from harness.models import Model
from harness.records import InputError, Kind, Request, Sample, TaskRow, nearest
from harness.records.forgetting import KL_TASK
from harness.records.selection import PROBE_TAG, selected_tasks
from harness.tasks import Task


@dataclass(frozen=True)
class Question:
    """A sample put to a model, and the requests whose answers it needs.

    ``repetition`` numbers the times that it is put, from 0, where the task repeats its samples.
    """

    task: Task
    sample: Sample
    model: str
    requests: tuple[Request, ...]
    repetition: int = 0


@dataclass(frozen=True)
class Plan:
    """All questions of a run, in the order of its report. Equal requests stand in it once."""

    questions: list[Question]

    @property
    def requests(self) -> list[Request]:
        return list(dict.fromkeys(request for question in self.questions for request in question.requests))

    def without(self, models: Sequence[str]) -> "Plan":
        """The plan without some models."""
        return Plan([question for question in self.questions if question.model not in models])


def make_plan(
    tasks: Sequence[Task], models: Sequence[Model], limit: int | None, seed: int, part: Part | None = None
) -> Plan:
    """Put every sample of every task to every model, as often as the task repeats it.

    Args:
        part: Keeps these of the samples that the limit leaves.

    Raises:
        InputError: a task's data is empty or faulty, or the part holds none of it.
    """
    questions = []
    for task in tasks:
        samples = task.samples(limit, seed)
        samples = part.of(samples) if part else samples
        questions += [
            Question(task, sample, model.name, tuple(task.requests(sample, model.name, seed, repetition)), repetition)
            for model in models
            for sample in samples
            for repetition in range(task.repeats)
        ]
    return Plan(questions)


def check_rules(suite: Suite, tasks: Sequence[Task]) -> None:
    """Refuse rules that no task of the suite can answer, before anything is asked.

    Raises:
        InputError: a rule names a task or a metric that is not there.
    """
    read_besides = [build_metric("contaminated")] if suite.contamination else []
    metrics = {task.name: [*task.metrics, *read_besides] for task in tasks}
    if suite.parity:
        metrics[TASK] = suite.parity.metrics()
    if suite.noise:
        metrics[NOISE_TASK] = suite.noise.metrics()
    if suite.leakage:
        metrics |= suite.leakage.tasks
    if suite.forgetting and suite.forgetting.kl:
        metrics[KL_TASK] = suite.forgetting.metrics()
    _check_forgetting(suite, tasks)
    for rule in suite.gate:
        rows = selected_tasks(rule, rule_rows(suite, tasks))
        for row in [] if rule.forgets else rows:
            read_by(rule, row.name, metrics[row.name])


def _check_forgetting(suite: Suite, tasks: Sequence[Task]) -> None:
    rows = [TaskRow(name=task.name, tags=list(task.tags), fingerprint="", samples=0) for task in tasks]
    probes = probe_tasks(suite.forgetting, rows)
    target_tasks(suite.forgetting, rows, [row.name for row in probes])
    known = [row.name for row in rows]
    for step in suite.sequence:
        if step.task not in known:
            raise InputError(f"no task {step.task!r}", where="sequence", mend=nearest(step.task, known))
    measured = suite.forgetting is not None and suite.forgetting.kl
    for rule in (rule for rule in suite.gate if rule.forgets):
        where = f"gate rule forgets_at_most {rule.measure}"
        if not probes:
            raise InputError(
                "the suite has no probe", where=where, mend="tag tasks 'forgetting', or forgetting: {probes: [...]}"
            )
        if rule.measure == "kl" and not measured:
            raise InputError("nothing measures it", where=where, mend="forgetting: {kl: true}")


def rule_rows(suite: Suite, tasks: Sequence[Task]) -> list[TaskRow]:
    """What rules of a suite select from: its tasks, and its probes where there are any."""
    rows = [TaskRow(name=task.name, tags=list(task.tags), fingerprint="", samples=0) for task in tasks]
    if suite.parity:
        rows.append(TaskRow(name=TASK, tags=["parity", PROBE_TAG], fingerprint="", samples=0))
    if suite.noise:
        rows.append(TaskRow(name=NOISE_TASK, tags=["noise", PROBE_TAG], fingerprint="", samples=0))
    if suite.leakage:
        rows += [
            TaskRow(name=name, tags=["leakage", PROBE_TAG], fingerprint="", samples=0) for name in suite.leakage.tasks
        ]
    if suite.forgetting and suite.forgetting.kl:
        rows.append(TaskRow(name=KL_TASK, tags=["kl", PROBE_TAG], fingerprint="", samples=0))
    return rows


def check_lengths(plan: Plan, encoder: Encoder, context_length: int | None) -> None:
    """Refuse prompts that the model cannot read, before it is loaded.

    Raises:
        InputError: naming the task, the sample and the lengths.
    """
    if context_length is None:
        return
    checked: set[tuple[str, str]] = set()
    for question in plan.questions:
        if (question.task.name, question.sample.key) in checked:
            continue
        checked.add((question.task.name, question.sample.key))
        for request in question.requests:
            length = 0 if request.kind is Kind.ROLLING else len(encoder.prompt(request.prompt))
            if length >= context_length:
                raise InputError(
                    f"the prompt of sample {question.sample.key} has {length} tokens, the context is {context_length}",
                    where=f"task {question.task.name!r}",
                    mend="use fewer few-shot examples, shorter inputs or a model with a longer context",
                )
