"""A sequence of trainings: the matrix of scores, and what was kept and passed on."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from harness.comparison.frames import Scores, ScoreTable
from harness.comparison.scales import marked, scale
from harness.metrics.base import Metric
from harness.records import Figure, InputError, Interval, Transfer
from harness.stats import (
    average_score,
    backward_transfer,
    bootstrap_sums,
    cluster_sums,
    forgetting_measure,
    forward_transfer,
)

#: Measures by name, of ``(scores (..., k, k), before (..., k))``; of the last, less is better.
MEASURES: Mapping[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "average_score": lambda scores, _: average_score(scores),
    "backward_transfer": lambda scores, _: backward_transfer(scores),
    "forward_transfer": forward_transfer,
    "forgetting_measure": lambda scores, _: forgetting_measure(scores),
}


def transfer(
    steps: Sequence[tuple[str, str]],
    base: str,
    metrics: Mapping[str, Sequence[Metric]],
    scores: Scores,
    seed: int,
    level: float = 0.95,
) -> Transfer:
    """What a sequence of trainings kept and passed on.

    Args:
        steps: Model and task of each training, in order.
        base: The model before any training.

    Raises:
        InputError: a task has no metric with full marks, or a model lacks scores.
    """
    models, tasks = [model for model, _ in steps], [task for _, task in steps]
    chosen = [_metric(metrics[task], task) for task in tasks]
    columns = [
        _column(scores, task, metric, [base, *models], seed + place)
        for place, (task, metric) in enumerate(zip(tasks, chosen, strict=True))
    ]
    seen = np.stack([value for value, _ in columns], axis=-1)
    drawn = np.stack([replicates for _, replicates in columns], axis=-1)
    samples = [len(_table(scores, task, metric, base).keys) for task, metric in zip(tasks, chosen, strict=True)]
    made = [_figure(name, models[-1], seen, drawn, sum(samples), level) for name in MEASURES]
    return Transfer(
        models=models,
        tasks=tasks,
        metrics=[metric.name for metric in chosen],
        before=seen[0].tolist(),
        scores=seen[1:].tolist(),
        figures=made,
    )


def _figure(name: str, model: str, seen: np.ndarray, drawn: np.ndarray, samples: int, level: float) -> Figure:
    """A measure with its percentile interval; rows of ``seen`` and of each of ``drawn`` begin with the base."""
    measure = MEASURES[name]
    value, replicates = float(measure(seen[1:], seen[0])), measure(drawn[..., 1:, :], drawn[..., 0, :])
    low, high = np.quantile(replicates, [0.5 - level / 2, 0.5 + level / 2])
    method = "paired bootstrap within tasks, percentile"
    return Figure(
        model=model,
        task="sequence",
        metric=name,
        value=value,
        interval=Interval(low=float(low), high=float(high), level=level, method=method),
        samples=samples,
        unscorable=0,
        errors=0,
        greater_is_better=name != "forgetting_measure",
        signature=f"{name}|share of full marks",
    )


def _column(
    scores: Scores, task: str, metric: Metric, models: Sequence[str], seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """All models' scores on one task, shape ``(models,)``, and of resamples, shape ``(replicates, models)``."""
    tables = [_table(scores, task, metric, model) for model in models]
    common = set.intersection(*(set(_places(table)) for table in tables))
    order = [place for place in _places(tables[0]) if place in common]
    if not order:
        raise InputError("no sample was judged for every model of the sequence", where=task)
    rows = []
    for table in tables:
        at = _places(table)
        rows.append(table.statistics[[at[place] for place in order]])
    statistics = np.hstack(rows)
    if tables[0].clusters is not None:
        at = _places(tables[0])
        statistics = cluster_sums(statistics, tables[0].clusters[[at[place] for place in order]])
    width = rows[0].shape[1]

    def figures(sums: np.ndarray) -> np.ndarray:
        return np.stack([metric.aggregate(sums[..., i * width : (i + 1) * width]) for i in range(len(models))], axis=-1)

    seen = figures(statistics.sum(axis=0))
    factor = scale(metric, seen.tolist())
    if factor is None:
        raise InputError(f"{metric.name} has no full marks", where=f"sequence, {task}", mend="name another task")
    # Less is better of some: their share of full marks is what is missing from the worst.
    offset = 0.0 if factor > 0 else 1.0
    return offset + factor * seen, offset + factor * figures(bootstrap_sums(statistics, seed=seed))


def _places(table: ScoreTable) -> dict[tuple[str, int], int]:
    """Where each judged sample stands; of equal samples, one."""
    named = zip(table.keys.tolist(), table.repetitions.tolist(), strict=True)
    return {place: row for row, place in enumerate(named) if table.judged[row]}


def _table(scores: Scores, task: str, metric: Metric, model: str) -> ScoreTable:
    table = scores.table(task, metric.name, model)
    if table is None:
        raise InputError(f"model {model!r} has no scores of {metric.name}", where=task, mend="score the run again")
    return table


def _metric(metrics: Sequence[Metric], task: str) -> Metric:
    metric = marked(metrics)
    if metric is None:
        raise InputError("has no metric that a sequence can be judged by", where=f"sequence, {task}")
    return metric
