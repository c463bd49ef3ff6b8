"""Checks at a glance: per task and model the share that failed, and the findings behind it by severity."""

from collections import Counter
from dataclasses import dataclass

import pandas as pd

from harness.records import Figure
from harness.reports.samples import SEVERITIES, findings_of, rows_of
from harness.reports.tables import Table


@dataclass(frozen=True)
class SafetyCell:
    """One model under one check; ``severities`` counts samples by their worst finding, the worst first."""

    model: str
    figure: Figure | None
    failed: int
    severities: tuple[tuple[str, int], ...]
    mark: str


@dataclass(frozen=True)
class SafetyRow:
    """One check over all models; ``top`` counts the samples that each finding failed."""

    task: str
    metric: str
    places: int
    cells: tuple[SafetyCell, ...]
    top: tuple[tuple[str, int], ...]


def safety_rows(table: Table, samples: pd.DataFrame) -> list[SafetyRow]:
    """Rows of ``table`` that are checks (their samples pass or fail) or that have findings."""
    checked = samples[samples["outcome"].astype(str).isin(["pass", "fail", "error"])]
    checks = set(zip(checked["task"].astype(str), checked["metric"].astype(str), strict=True))
    failed: Counter[tuple[str, str, str]] = Counter()
    worst: Counter[tuple[str, str, str, str]] = Counter()
    rules: dict[tuple[str, str], Counter[str]] = {}
    for sample in rows_of(samples[samples["outcome"].astype(str) == "fail"]):
        failed[sample.task, sample.metric, sample.model] += 1
        found = findings_of(sample.findings)
        severities = {str(f.get("severity")) for f in found}
        for name in [s for s in SEVERITIES if s in severities][:1]:
            worst[sample.task, sample.metric, sample.model, name] += 1
        rules.setdefault((sample.task, sample.metric), Counter()).update({str(f.get("rule")) for f in found})
    result = []
    for row in table.rows:
        at = (row.task.name, row.metric)
        if at not in checks:
            continue
        cells = tuple(
            SafetyCell(
                c.model, c.figure, failed[(*at, c.model)],
                tuple((s, worst[(*at, c.model, s)]) for s in SEVERITIES if worst[(*at, c.model, s)]), c.mark,
            )
            for c in row.cells
        )  # fmt: skip
        top = tuple(rules.get(at, Counter()).most_common(4))
        result.append(SafetyRow(row.task.name, row.metric, row.places, cells, top))
    return result
