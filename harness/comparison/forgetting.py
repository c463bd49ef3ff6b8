"""What tuning cost: from the scores of a run to losses on probes, gains on targets, and one against the other."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from harness.comparison.answer_forms import format_drift, forms_of
from harness.comparison.balance import balance, moves
from harness.comparison.flips import flips
from harness.comparison.frames import Scores, ScoreTable
from harness.comparison.models import RunScores
from harness.comparison.perplexity_ratio import Texts, text_metric, texts, together
from harness.comparison.scales import marked
from harness.comparison.sequence import transfer
from harness.evaluation.forgetting import ForgettingSettings, Trained, probe_tasks, target_tasks
from harness.metrics.base import Metric
from harness.records import Comparison, Figure, Forgetting, Loss, Transfer
from harness.records.forgetting import ALL_PROBES, KL_METRIC, KL_TASK
from harness.records.selection import PROBE_TAG
from harness.stats import WeightedSum, estimate_from_json

#: Shares whose mean over the probes is a figure of its own.
_SHARES = ("conditional_forgetting", "negative_flips", "positive_flips", "format_drift")
_NO_PROBES = "the run has no probe with right and wrong answers"


@dataclass(frozen=True)
class Sources:
    """What a run says for this.

    Attributes:
        settings, sequence: Of its suite.
        definitions: Entries of the tasks in its manifest.
        samples: Its samples table, read when needed.
    """

    settings: ForgettingSettings
    sequence: Sequence[Trained]
    definitions: Sequence[Mapping[str, Any]]
    samples: Callable[[], pd.DataFrame]

    @classmethod
    def of(cls, manifest: Mapping[str, Any], samples: Callable[[], pd.DataFrame]) -> "Sources":
        suite = manifest["suite"]
        return cls(
            ForgettingSettings.model_validate(suite.get("forgetting") or {}),
            [Trained.model_validate(step) for step in suite.get("sequence") or ()],
            manifest["tasks"],
            samples,
        )


def forgetting_of(run: RunScores, comparison: Comparison, sources: Sources, *, seed: int = 0) -> Forgetting | None:
    """What each candidate lost and gained against the base and the baseline.

    Args:
        comparison: Of the same scores.
        seed: Of the bootstrap.

    Returns:
        None where the run has neither a probe nor a text nor a sequence.
    """
    return _Ledger(run, comparison, sources, seed).forgetting()


class _Ledger:
    """The probes, targets and texts of a run, and what each pair of models lost and gained on them."""

    def __init__(self, run: RunScores, comparison: Comparison, sources: Sources, seed: int) -> None:
        self._run, self._comparison, self._sources, self._seed = run, comparison, sources, seed
        self._scores = Scores(run.frame, run.tasks)
        whole = [task for task in run.tasks if not task.slice_of and PROBE_TAG not in task.tags]
        probes = [task.name for task in probe_tasks(sources.settings, whole)]
        targets = [task.name for task in target_tasks(sources.settings, whole, probes)]
        own = targets if sources.settings.targets else []
        self._text_metrics = {
            task.name: metric
            for task in whole
            if task.name not in own and (metric := text_metric(run.metrics[task.name]))
        }
        self._probes, self._targets = self._marked(probes), self._marked(targets)
        self._differences = {(d.candidate, d.reference, d.task, d.metric): d for d in comparison.differences}

    def forgetting(self) -> Forgetting | None:
        sequence = self._transfer()
        if not (self._probes or self._text_metrics or sequence):
            return None
        pairs = dict.fromkeys((d.candidate, d.reference) for d in self._comparison.differences)
        return Forgetting(
            probes={task: metric.name for task, metric in self._probes.items()},
            targets={task: metric.name for task, metric in self._targets.items()},
            texts=list(self._text_metrics),
            forms=self._forms,
            losses=[self._loss(*names) for names in pairs],
            sequence=sequence,
        )

    def _loss(self, candidate: str, reference: str) -> Loss:
        names = (candidate, reference)
        figures = [*self._flips(names), *self._drift(names)]
        figures += [mean for measure in _SHARES if (mean := _mean_of(figures, measure))]
        figures += [*self._ratios(names), *self._balance(names)]
        if reference == self._comparison.base:
            figures += self._kl(candidate)
        there = {figure.metric for figure in figures if figure.task == ALL_PROBES}
        missing = {measure: why for measure, why in self._reasons(reference).items() if measure not in there}
        return Loss(candidate=candidate, reference=reference, figures=figures, missing=missing)

    def _flips(self, names: tuple[str, str]) -> Iterable[Figure]:
        for task, metric in self._probes.items():
            found = (
                flips(task, metric, names, self._tables(task, metric, names), self._seed) if metric.is_rate else None
            )
            yield from found.figures() if found else ()

    def _drift(self, names: tuple[str, str]) -> list[Figure]:
        if not self._forms:
            return []
        made = (format_drift(task, names, self._samples, self._forms, self._seed) for task in self._probes)
        return [figure for figure in made if figure is not None]

    def _ratios(self, names: tuple[str, str]) -> list[Figure]:
        read: list[tuple[str, Texts]] = []
        for task, metric in self._text_metrics.items():
            found = texts(task, metric, self._tables(task, metric, names))
            if len(found.rows):
                read.append((task, found))
        every = [(ALL_PROBES, together([found for _, found in read]))] if read else []
        made = (found.figure(names[0], task, self._seed) for task, found in [*read, *every])
        return [figure for figure in made if figure is not None]

    def _balance(self, names: tuple[str, str]) -> list[Figure]:
        lost = moves(self._probes, names, self._differences, lost=True)
        won = moves(self._targets, names, self._differences, lost=False)
        tables = {
            move.difference.task: self._tables(move.difference.task, move.metric, names) for move in (*lost, *won)
        }
        return balance(names[0], lost, won, tables, self._seed)

    def _kl(self, candidate: str) -> list[Figure]:
        return [
            figure.model_copy(update={"task": ALL_PROBES, "metric": "kl"})
            for figure in self._comparison.figures
            if (figure.model, figure.task, figure.metric) == (candidate, KL_TASK, KL_METRIC) and figure.estimate
        ]

    def _reasons(self, reference: str) -> dict[str, str]:
        """Why each measure has no figure, if it has none."""
        forms = "the answers of the target tasks are free text" if self._targets else "the run has no target task"
        foreign = "no probe's answers could take the form of the new task's"
        only = f"measured against {self._comparison.base} alone"
        right = any(metric.is_rate for metric in self._probes.values())
        return {
            **dict.fromkeys(("mean_drop", "negative_flips", "positive_flips"), _NO_PROBES),
            "conditional_forgetting": f"{reference} had none of the probes right" if right else _NO_PROBES,
            "format_drift": foreign if self._forms else forms,
            "perplexity_ratio": "the run has no perplexity task",
            "kl": "not asked for (forgetting: {kl: true})" if reference == self._comparison.base else only,
            "mean_gain": "the run has no target task",
            "forgetting_per_gain": "no gain shown" if self._probes else _NO_PROBES,
        }

    def _transfer(self) -> Transfer | None:
        steps = [(step.model, step.task) for step in self._sources.sequence]
        if not steps or any(model not in self._run.evaluated for model, _ in steps):
            return None
        return transfer(steps, self._run.base, self._run.metrics, self._scores, self._seed)

    def _marked(self, tasks: Sequence[str]) -> dict[str, Metric]:
        return {task: metric for task in tasks if (metric := marked(self._run.metrics[task])) is not None}

    def _tables(self, task: str, metric: Metric, names: tuple[str, str]) -> tuple[ScoreTable, ScoreTable]:
        ours, theirs = (self._scores.table(task, metric.name, name) for name in names)
        assert ours is not None and theirs is not None  # the comparison has looked
        return ours, theirs

    @cached_property
    def _samples(self) -> pd.DataFrame:
        return self._sources.samples()

    @cached_property
    def _forms(self) -> list[str]:
        wanted = [one for one in self._sources.definitions if one["name"] in self._targets]
        return forms_of(wanted, self._samples) if wanted and self._probes else []


def _mean_of(figures: Sequence[Figure], measure: str) -> Figure | None:
    """The mean over the probes that have the measure, each counting alike; None where none has."""
    own = [figure for figure in figures if figure.metric == measure]
    if not own:
        return None
    estimate = WeightedSum.mean(tuple(estimate_from_json(figure.estimate) for figure in own))
    names = {name for figure in own for name in figure.breakdown}
    shares = measure == "format_drift"
    return own[0].model_copy(
        update={
            "task": ALL_PROBES,
            "value": estimate.value,
            "interval": estimate.interval(),
            "samples": sum(figure.samples for figure in own),
            "unscorable": sum(figure.unscorable for figure in own),
            "signature": f"{measure}|mean over {len(own)} probes",
            "breakdown": {
                name: sum(figure.breakdown[name] for figure in own) / (len(own) if shares else 1)
                for name in sorted(names)
            },
            "failed": [],
            "estimate": estimate.to_json(),
        }
    )
