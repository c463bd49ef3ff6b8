"""All models of one run against the base and the baseline, or two runs against each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from harness.comparison.differences import adjust, difference
from harness.comparison.figures import figures
from harness.comparison.frames import Scores, check_scores
from harness.metrics.base import Metric
from harness.records import Comparison, Difference, InputError, ModelRow, Results, TaskRow


@dataclass(frozen=True)
class RunScores:
    """What a comparison needs of a run.

    Attributes:
        frame: The scores, see `harness.comparison.frames.Scores`.
        metrics: Of each task, in the task's order.
    """

    suite: str
    base: str
    baseline: str
    models: Sequence[ModelRow]
    tasks: Sequence[TaskRow]
    metrics: Mapping[str, Sequence[Metric]]
    frame: pd.DataFrame

    @property
    def evaluated(self) -> list[str]:
        return [row.name for row in self.models if row.status == "evaluated"]


def summarise(run: RunScores, *, seed: int = 0) -> Results:
    """The figures of a run.

    Raises:
        InputError: an evaluated model lacks the scores of a task.
    """
    return _summarise(run, Scores(run.frame, run.tasks), seed)


def _summarise(run: RunScores, scores: Scores, seed: int) -> Results:
    metrics = {task.name: run.metrics[task.name] for task in run.tasks}
    check_scores(scores, metrics, run.evaluated)
    return Results(
        suite=run.suite,
        base=run.base,
        baseline=run.baseline,
        models=list(run.models),
        tasks=list(run.tasks),
        figures=figures(scores, metrics, run.evaluated, seed=seed),
    )


def compare_models(run: RunScores, *, references: Sequence[str] = (), seed: int = 0) -> Comparison:
    """Every candidate (neither base nor baseline) against the base and the baseline, sample by sample.

    Args:
        references: Further models that each candidate is compared with, for rules that name one.
        seed: Of the bootstrap and the permutation tests.

    Raises:
        InputError: scores are missing, or two models were not asked the same samples.
    """
    _known(references, run)
    scores = Scores(run.frame, run.tasks)
    results = _summarise(run, scores, seed)
    against = [name for name in dict.fromkeys([run.base, run.baseline, *references]) if name in run.evaluated]
    candidates = [name for name in run.evaluated if name not in (run.base, run.baseline)]
    differences = [
        one
        for task in run.tasks
        for metric in run.metrics[task.name]
        for candidate in candidates
        for reference in against
        if candidate != reference and (one := _difference(scores, task, metric, (candidate, reference), seed))
    ]
    return Comparison(**dict(results), differences=adjust(differences))


def compare_runs(
    candidate: RunScores, reference: RunScores, candidate_model: str, reference_model: str, *, seed: int = 0
) -> Comparison:
    """A model of one run against a model of another, on the tasks that both runs have.

    The reference is both base and baseline of the comparison; it is called ``NAME (reference)`` where the two models
    have one name.

    Raises:
        InputError: a model is unknown or was refused, no task is shared, a shared task differs in its fingerprint,
            or the samples are not the same.
    """
    ours, theirs = _row(candidate, candidate_model), _row(reference, reference_model)
    tasks = _shared_tasks(candidate, reference)
    if ours.name == theirs.name:
        theirs = theirs.model_copy(update={"name": f"{theirs.name} (reference)"})
    names = [task.name for task in tasks]
    frame = pd.concat(
        [
            _only(candidate.frame, candidate_model, names),
            _only(reference.frame, reference_model, names).assign(model=theirs.name),
        ],
        ignore_index=True,
    )
    merged = RunScores(
        suite=candidate.suite,
        base=theirs.name,
        baseline=theirs.name,
        models=[theirs, ours],
        tasks=tasks,
        metrics={name: candidate.metrics[name] for name in names},
        frame=frame,
    )
    return compare_models(merged, seed=seed)


def _difference(scores: Scores, task: TaskRow, metric: Metric, names: tuple[str, str], seed: int) -> Difference | None:
    ours, theirs = (scores.table(task.name, metric.name, name) for name in names)
    return difference(task, metric, names, (ours, theirs), seed=seed) if ours and theirs else None


def _known(names: Sequence[str], run: RunScores) -> None:
    known = [row.name for row in run.models]
    for name in names:
        if name not in known:
            raise InputError(f"unknown model {name!r}", mend=f"the run has: {', '.join(known)}")


def _row(run: RunScores, name: str) -> ModelRow:
    _known([name], run)
    row = next(row for row in run.models if row.name == name)
    if row.status == "refused":
        raise InputError(f"model {name!r} was refused and has no scores ({row.reason})")
    return row


def _shared_tasks(candidate: RunScores, reference: RunScores) -> list[TaskRow]:
    theirs = {task.name: task for task in reference.tasks}
    shared = [task for task in candidate.tasks if task.name in theirs]
    if not shared:
        raise InputError("the two runs have no task in common", mend="evaluate the same tasks in both")
    changed = [task.name for task in shared if task.fingerprint != theirs[task.name].fingerprint]
    if changed:
        raise InputError(
            f"prompt, data or metrics differ between the runs in: {', '.join(changed)}",
            mend="evaluate both with the same version of these tasks",
        )
    return shared


def _only(frame: pd.DataFrame, model: str, tasks: Sequence[str]) -> pd.DataFrame:
    return frame[(frame["model"] == model) & frame["task"].isin(tasks)]
