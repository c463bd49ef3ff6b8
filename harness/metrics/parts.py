"""Parts of a metric that a rule can read as a figure of their own: one class of a classifier, findings of a severity.

A part is made from the scores of its metric; it needs no response.
"""

import json
from collections.abc import Sequence
from typing import Any, get_args

import numpy as np
import pandas as pd

from harness.metrics.base import MeanMetric, Metric, build_metric
from harness.metrics.classification import ConfusionMetric
from harness.records import InputError, Outcome, Response, Rule, Score
from harness.records.rule import Severity
from harness.records.selection import chosen_metric, findings_name

_OF_A_LABEL = ("f1", "precision", "recall")
_RANK = {severity: rank for rank, severity in enumerate(get_args(Severity))}


def part_names(metric: Metric) -> list[str]:
    """The parts of a metric by name, as its breakdown has them: ``f1[spam]``."""
    if not isinstance(metric, ConfusionMetric):
        return []
    return [f"{kind}[{label}]" for kind in _OF_A_LABEL for label in metric.labels]


def read_by(rule: Rule, task: str, metrics: Sequence[Metric]) -> tuple[Metric, Metric]:
    """What a rule reads on a task: the metric whose scores it needs, and that metric itself or a part of it.

    Raises:
        InputError: there is no such metric or part, or it has no findings although the rule is about them.
    """
    names = [metric.name for metric in metrics]
    parts = {name: metric for metric in metrics for name in part_names(metric) if name not in names}
    name = chosen_metric(rule, task, [*names, *parts]) or ""
    if name in parts:
        return parts[name], _of_label(parts[name], name)
    metric = next(metric for metric in metrics if metric.name == name)
    if rule.rule != "no_new_findings":
        return metric, metric
    if not metric.is_check:
        known = ", ".join(one.name for one in metrics if one.is_check) or "none"
        where = f"gate rule {rule.rule} on {task}"
        raise InputError(f"{name} is no check and has no findings", where=where, mend=f"checks here: {known}")
    return metric, Findings(metric, rule.least_severity)


def part_rows(metric: Metric, part: Metric, rows: pd.DataFrame) -> pd.DataFrame:
    """The scores of a part, from those of its metric (rows of the scores table)."""
    if not isinstance(part, Findings):
        return rows.assign(metric=part.name)
    found = [part.found(cell) for cell in rows["findings"]]
    judged = ~rows["outcome"].isin((Outcome.UNSCORABLE.value, Outcome.ERROR.value))
    outcomes = np.where(judged, np.where(found, Outcome.FAIL.value, Outcome.PASS.value), rows["outcome"])
    statistics = [[float(one), 1.0] if known else [0.0, 0.0] for one, known in zip(found, judged, strict=True)]
    values = np.where(judged, np.asarray(found, dtype=float), np.nan)
    cells = pd.Series(statistics, index=rows.index)
    return rows.assign(metric=part.name, outcome=outcomes, value=values, statistics=cells)


class Findings(MeanMetric):
    """Share of samples on which a check found something of a severity or worse."""

    greater_is_better = False
    is_rate = True
    is_check = True
    is_external = True

    def __init__(self, check: Metric, severity: Severity) -> None:
        self.name, self.severity, self._check = findings_name(check.name, severity), severity, check

    @property
    def signature(self) -> str:
        return f"{self._check.signature}|findings:{self.severity} or worse"

    def found(self, findings: str) -> bool:
        """Whether one is among a score's findings, as the scores table holds them."""
        return any(_RANK.get(one["severity"], 0) >= _RANK[self.severity] for one in json.loads(findings))

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        raise InputError(f"{self.name} is read from the scores of {self._check.name}")


def _of_label(metric: Metric, name: str) -> Metric:
    assert isinstance(metric, ConfusionMetric)
    kind, label = name[:-1].split("[", 1)
    options: dict[str, Any] = {"name": kind, "average": label}
    part = build_metric(options, metric.labels)
    part.name = name
    return part
