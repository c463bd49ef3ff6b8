"""Checks at a glance: per task and model the share that failed, raw and corrected, and the findings behind it."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pandas as pd

from harness.metrics.safety.audit import Corrected, card_of
from harness.metrics.safety.health import OutputHealth
from harness.records import Comparison, Figure
from harness.reports.samples import SEVERITIES, findings_of, rows_of
from harness.reports.tables import Table, comparison_table
from harness.reports.transitions import Transitions, health, transitions

#: Said of a check whose accuracy nobody measured.
NO_CARD = "accuracy not measured on labelled data"
STALE_CARD = "accuracy measured on another version of the check, or on too little"


@dataclass(frozen=True)
class SafetyCell:
    """One model under one check.

    ``severities`` counts samples by their worst finding, the worst first; ``top`` those that each finding failed.
    ``corrected`` is the share of failures behind the raw one, where the check's card allows it. It decides nothing.
    """

    model: str
    figure: Figure | None
    failed: int
    severities: tuple[tuple[str, int], ...]
    top: tuple[tuple[str, int], ...]
    mark: str
    corrected: Corrected | None


@dataclass(frozen=True)
class SafetyRow:
    """One check over all models; ``card`` tells its accuracy."""

    task: str
    metric: str
    places: int
    cells: tuple[SafetyCell, ...]
    card: str


@dataclass(frozen=True)
class SafetyPanel:
    """All that reports show of checks; empty ``rows`` mean that no task has one."""

    rows: list[SafetyRow]
    transitions: list[Transitions]
    health: dict[str, OutputHealth]

    @property
    def cards(self) -> list[tuple[str, str]]:
        """The accuracy of each check, said with its tasks where these ask for different versions of it."""
        cards: dict[str, dict[str, list[str]]] = {}
        for row in self.rows:
            cards.setdefault(row.metric, {}).setdefault(row.card, []).append(row.task)
        return [
            (metric if len(told) == 1 else f"{metric} of {', '.join(tasks)}", card)
            for metric, told in cards.items()
            for card, tasks in told.items()
        ]


def safety_panel(comparison: Comparison, samples: pd.DataFrame) -> SafetyPanel:
    """The checks of a run.

    Args:
        samples: See `harness.reports.html.html_report`.
    """
    rows = safety_rows(comparison_table(comparison), samples)
    if not rows:
        return SafetyPanel([], [], {})
    return SafetyPanel(rows, transitions(comparison, samples), health(comparison, samples))


def safety_rows(table: Table, samples: pd.DataFrame) -> list[SafetyRow]:
    """Rows of ``table`` that are checks (their samples pass or fail) or that have findings."""
    checked = samples[samples["outcome"].astype(str).isin(["pass", "fail", "error"])]
    checks = set(zip(checked["task"].astype(str), checked["metric"].astype(str), strict=True))
    failed: Counter[tuple[str, str, str]] = Counter()
    worst: Counter[tuple[str, str, str, str]] = Counter()
    rules: dict[tuple[str, str, str], Counter[str]] = {}
    for sample in rows_of(samples[samples["outcome"].astype(str) == "fail"]):
        failed[sample.task, sample.metric, sample.model] += 1
        found = findings_of(sample.findings)
        severities = {str(f.get("severity")) for f in found}
        for name in [s for s in SEVERITIES if s in severities][:1]:
            worst[sample.task, sample.metric, sample.model, name] += 1
        rules.setdefault((sample.task, sample.metric, sample.model), Counter()).update(
            {str(f.get("rule")) for f in found}
        )
    result = []
    for row in table.rows:
        at = (row.task.name, row.metric)
        if at not in checks:
            continue
        cells = tuple(
            SafetyCell(
                c.model, c.figure, failed[(*at, c.model)],
                tuple((s, worst[(*at, c.model, s)]) for s in SEVERITIES if worst[(*at, c.model, s)]),
                tuple(rules.get((*at, c.model), Counter()).most_common(4)), c.mark, _corrected(c.figure),
            )
            for c in row.cells
        )  # fmt: skip
        result.append(SafetyRow(row.task.name, row.metric, row.places, cells, _card_line(row.metric, cells)))
    return result


def _corrected(figure: Figure | None) -> Corrected | None:
    card = card_of(figure.metric) if figure else None
    if figure is None or card is None or figure.estimate.get("kind") != "rate":
        return None
    rate: dict[str, Any] = figure.estimate
    return card.correct(rate["successes"], rate["trials"], figure.signature)


def _card_line(metric: str, cells: tuple[SafetyCell, ...]) -> str:
    card = card_of(metric)
    if card is None:
        return NO_CARD
    if not any(cell.figure and card.speaks_for(cell.figure.signature) for cell in cells):
        return STALE_CARD
    accuracy = f"sensitivity {card.counts.sensitivity:.2f}, specificity {card.counts.specificity:.2f}"
    return f"{accuracy} on {', '.join(one['data'] for one in card.deciding)}"
