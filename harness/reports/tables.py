"""The comparison as a table: tasks down (grouped by tag), models across, in the shapes that machines and papers read.

The terminal, Markdown and HTML draw the same `Table`.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from harness.records import Comparison, Difference, Figure, TaskRow, Verdict
from harness.reports.numbers import bounds, decimals, number, p_value, signed
from harness.reports.visible import csv_text, one_line

NO_TAG = "other"


@dataclass(frozen=True)
class Cell:
    """One model on one task and metric: its figure, and its difference to the table's reference if it has one."""

    model: str
    figure: Figure | None
    difference: Difference | None

    @property
    def mark(self) -> str:
        """``gain`` or ``loss`` where the difference is significant after correction, else the empty string."""
        d = self.difference
        if d is None or not d.adjusted_p_value < 1 - d.interval.level or d.difference == 0:
            return ""
        return "gain" if (d.difference > 0) == d.greater_is_better else "loss"


@dataclass(frozen=True)
class Row:
    """One metric of one task, over all models of the table."""

    task: TaskRow
    metric: str
    greater_is_better: bool
    cells: tuple[Cell, ...]

    @property
    def places(self) -> int:
        """Decimals that suit every figure of the row."""
        return decimals(c.figure.value for c in self.cells if c.figure)

    @property
    def samples(self) -> int:
        return max((c.figure.samples for c in self.cells if c.figure), default=0)


@dataclass(frozen=True)
class Group:
    """Tasks that share their first tag."""

    tag: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Table:
    """Models across: the reference, beside it those that were compared with it, then the rest."""

    reference: str
    models: tuple[str, ...]
    groups: tuple[Group, ...]

    @property
    def rows(self) -> Iterator[Row]:
        for group in self.groups:
            yield from group.rows


def references(comparison: Comparison) -> list[str]:
    """The models that others are compared with, the baseline first."""
    used = {d.reference for d in comparison.differences}
    first = [m for m in dict.fromkeys((comparison.baseline, comparison.base)) if m in used]
    return first + sorted(used.difference(first)) or [comparison.baseline]


def main_metrics(comparison: Comparison, verdict: Verdict | None = None) -> set[tuple[str, str]]:
    """Pairs of task and metric worth a line of a short table: each task's first metric, and those a rule reads."""
    first: dict[str, str] = {}
    for figure in comparison.figures:
        first.setdefault(figure.task, figure.metric)
    ruled = {(r.task, r.metric) for r in verdict.rules} if verdict else set()
    return set(first.items()) | ruled


def comparison_table(
    comparison: Comparison, reference: str | None = None, only: set[tuple[str, str]] | None = None
) -> Table:
    """Arrange a comparison against one reference.

    Args:
        reference: A model's name; the baseline if left out.
        only: Pairs of task and metric to keep; all if left out.
    """
    reference = reference or references(comparison)[0]
    figures = {(f.task, f.metric, f.model): f for f in comparison.figures}
    differences = {(d.task, d.metric, d.candidate): d for d in comparison.differences if d.reference == reference}
    evaluated = [m.name for m in comparison.models if m.status == "evaluated"]
    compared = {d.candidate for d in comparison.differences if d.reference == reference}
    models = tuple(sorted(evaluated, key=lambda name: (name != reference, name not in compared)))
    groups: dict[str, list[Row]] = {}
    for task in comparison.tasks:
        for metric in dict.fromkeys(f.metric for f in comparison.figures if f.task == task.name):
            if only is not None and (task.name, metric) not in only:
                continue
            at = [(task.name, metric, model) for model in models]
            cells = tuple(Cell(key[2], figures.get(key), differences.get(key)) for key in at)
            better = next((c.figure.greater_is_better for c in cells if c.figure), True)
            tag = task.tags[0] if task.tags else NO_TAG
            groups.setdefault(tag, []).append(Row(task, metric, better, cells))
    return Table(reference, models, tuple(Group(tag, tuple(rows)) for tag, rows in groups.items()))


def frame(comparison: Comparison) -> pd.DataFrame:
    """One row a task, metric, model and reference (missing for models that were compared with none)."""
    differences: dict[tuple[str, str, str], list[Difference]] = {}
    for d in comparison.differences:
        differences.setdefault((d.task, d.metric, d.candidate), []).append(d)
    tags = {task.name: ",".join(task.tags) for task in comparison.tasks}
    rows = []
    for f in comparison.figures:
        compared: list[Difference | None] = [*differences.get((f.task, f.metric, f.model), [])]
        for one in compared or [None]:
            place = {"task": f.task, "tags": tags.get(f.task, "")}
            rows.append({**place, **_figure_columns(f), **_difference_columns(one)})
    return pd.DataFrame(rows)


def to_csv(comparison: Comparison) -> str:
    """`frame` as CSV, with names that no spreadsheet reads as a formula."""
    table = frame(comparison)
    for column in ("task", "tags", "metric", "model", "reference", "signature"):
        if column in table:
            table[column] = table[column].map(csv_text, na_action="ignore")
    return table.to_csv(index=False, lineterminator="\n")


def to_json(comparison: Comparison) -> str:
    """`frame` as a JSON list of rows; figures that do not exist are null."""
    return json.dumps(json.loads(frame(comparison).to_json(orient="records")), ensure_ascii=False, indent=1)


def to_latex(table: Table) -> str:
    """The table for a paper (package booktabs): score, and difference with interval below it."""
    lines = [
        r"\begin{tabular}{ll" + "r" * len(table.models) + "}",
        r"\toprule",
        " & ".join(["Task", "Metric", *(_latex(m) for m in table.models)]) + r" \\",
    ]
    for group in table.groups:
        lines.append(r"\midrule \multicolumn{%d}{l}{\textit{%s}} \\" % (len(table.models) + 2, _latex(group.tag)))  # noqa: UP031 - braces belong to LaTeX here
        for row in group.rows:
            scores = [number(c.figure.value if c.figure else None, row.places) for c in row.cells]
            below = [_latex_difference(c, row.places) for c in row.cells]
            lines.append(" & ".join([_latex(row.task.name), _latex(row.metric), *map(_latex, scores)]) + r" \\")
            lines.append(" & ".join(["", "", *below]) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def _figure_columns(f: Figure) -> dict[str, object]:
    low, high = (f.interval.low, f.interval.high) if f.interval else (None, None)
    return {
        "metric": f.metric, "model": f.model, "value": f.value, "low": low, "high": high, "samples": f.samples,
        "unscorable": f.unscorable, "errors": f.errors, "greater_is_better": f.greater_is_better,
        "signature": f.signature,
    }  # fmt: skip


def _difference_columns(d: Difference | None) -> dict[str, object]:
    if d is None:
        return {"reference": None}
    return {
        "reference": d.reference, "difference": d.difference, "difference_low": d.interval.low,
        "difference_high": d.interval.high, "level": d.interval.level, "p_value": d.p_value,
        "adjusted_p_value": d.adjusted_p_value, "pairs": d.pairs, "unpaired": d.unpaired,
        "gained": d.gained_count, "lost": d.lost_count, "minimum_detectable": d.minimum_detectable,
        "method": d.method,
    }  # fmt: skip


def _latex_difference(cell: Cell, places: int) -> str:
    d = cell.difference
    if d is None:
        return ""
    star = {"gain": r"$^{\uparrow}$", "loss": r"$^{\downarrow}$"}.get(cell.mark, "")
    text = f"{signed(d.difference, places)} {bounds(d.interval, places, sign=True)}"
    return r"{\scriptsize " + _latex(f"{text} p={p_value(d.adjusted_p_value)}") + star + "}"


def _latex(text: str) -> str:
    special = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "−": "$-$",
               "<": "$<$", ">": "$>$"}  # fmt: skip
    special |= {c: "\\" + c for c in "&%$#_{}"}
    return "".join(special.get(c, c) for c in one_line(text))
