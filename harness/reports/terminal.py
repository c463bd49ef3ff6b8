"""The comparison and the verdict for a terminal: fits 80 columns, folds into several tables when models are many."""

import textwrap

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table as RichTable
from rich.text import Text

from harness.records import Comparison, RuleVerdict, Verdict
from harness.reports.forgetting import forgetting_panel
from harness.reports.forgetting_text import forgetting_terminal
from harness.reports.numbers import bounds, compact, number, p_value, signed
from harness.reports.outcome import GLYPH, Candidate, candidates
from harness.reports.repeats import repeat_lines
from harness.reports.safety import SafetyPanel
from harness.reports.safety_text import safety_terminal
from harness.reports.tables import Cell, Row, Table, comparison_table, main_metrics
from harness.reports.visible import one_line

_STYLE = {
    "pass": "bold cyan", "fail": "bold red", "inconclusive": "bold yellow", "unavailable": "bold magenta",
    "waived": "bold yellow",
    "refused": "bold magenta",
}  # fmt: skip
_MARK = {"gain": ("▲", "bold cyan"), "loss": ("▼", "bold red"), "": (" ", "")}
_PLAIN_WIDTH, _DIFFERENCE_WIDTH, _TASK_WIDTH, _GAP = 13, 20, 18, 3


def terminal_report(
    comparison: Comparison, verdict: Verdict | None, width: int | None = None, safety: SafetyPanel | None = None
) -> RenderableType:
    """What the command line prints after a run: comparison table, what was forgotten, what checks found, the verdict.

    Args:
        width: Columns to fit; 80 if left out. More columns put more models side by side.
        safety: What changed from the base, prompt by prompt; left out where there is nothing to tell.
    """
    columns = width or 80
    table = comparison_table(comparison, only=main_metrics(comparison, verdict))
    parts: list[RenderableType] = [_rich_table(part, columns) for part in _fold(table, columns)]
    level = next((d.interval.level for d in comparison.differences), None)
    if level is not None:
        parts.append(Padding(_legend(table.reference, level), (0, 1)))
    parts += [Padding(Text(line, style="dim"), (0, 1)) for line in repeat_lines(comparison)]
    if forgetting := forgetting_panel(comparison):
        parts.append(forgetting_terminal(forgetting, columns))
    changed = safety_terminal(safety) if safety else None
    if changed is not None:
        parts.append(changed)
    parts.append(_verdict_panel(comparison, verdict))
    return Group(*parts)


def _fold(table: Table, width: int) -> list[Table]:
    """Split the models so that each part fits, the reference standing first in every part."""
    compared = {c.model for row in table.rows for c in row.cells if c.difference}
    plain = [m for m in table.models if m == table.reference]
    others = [m for m in table.models if m != table.reference]
    room = width - _TASK_WIDTH - _GAP - _PLAIN_WIDTH
    parts: list[list[str]] = [[]]
    used = 0
    for model in others:
        need = _GAP + (_DIFFERENCE_WIDTH if model in compared else _PLAIN_WIDTH)
        if parts[-1] and used + need > room:
            parts.append([])
            used = 0
        parts[-1].append(model)
        used += need
    return [Table(table.reference, (*plain, *part), table.groups) for part in parts]


def _rich_table(table: Table, width: int) -> RichTable:
    drawn = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1), width=None)
    wide = {c.model for row in table.rows for c in row.cells if c.difference}
    taken = sum(_GAP + (_DIFFERENCE_WIDTH if m in wide else _PLAIN_WIDTH) for m in table.models)
    first = max(_TASK_WIDTH, min(32, width - taken))
    drawn.add_column("task", width=first, overflow="fold")
    for model in table.models:
        drawn.add_column(
            Text(one_line(model)), width=_DIFFERENCE_WIDTH if model in wide else _PLAIN_WIDTH, overflow="fold"
        )
    for group in table.groups:
        drawn.add_row(Text(one_line(group.tag), style="dim italic"))
        for row in group.rows:
            cells = {c.model: c for c in row.cells}
            drawn.add_row(_task_cell(row, first), *(_model_cell(cells[m], row.places) for m in table.models))
        drawn.add_section()
    return drawn


def _task_cell(row: Row, width: int) -> Text:
    text = Text(_broken(row.task.name, width), style="bold")
    text.append(f"\n{_broken(row.metric, width)}\nn {row.samples}", style="not bold dim")
    if not row.greater_is_better:
        text.append("\nlower is better", style="not bold dim italic")
    return text


def _broken(name: str, width: int) -> str:
    """A name, in lines of ``width`` that break after its underscores where it is too long for one."""
    name = one_line(name)
    if len(name) <= width:
        return name
    return "\n".join(line.replace("_ ", "_") for line in textwrap.wrap(name.replace("_", "_ "), width))


def _model_cell(cell: Cell, places: int) -> Text:
    figure, d = cell.figure, cell.difference
    if figure is None:
        return Text("–", style="dim")
    score = compact(number(figure.value, places))
    interval = compact(bounds(figure.interval, places))
    if d is None:
        return Text.assemble(score, (f"\n{interval}", "dim"), (_lost_answers(cell), "yellow"))
    mark, style = _MARK[cell.mark]
    moved = f"p {p_value(d.adjusted_p_value)}  ↑{d.gained_count} ↓{d.lost_count}"
    return Text.assemble(
        score, (f" {interval}\n", "dim"), (compact(signed(d.difference, places)), style or "bold"), " ",
        compact(bounds(d.interval, places, sign=True)), (mark, style), (f"\n{moved}", "dim"),
        (_lost_answers(cell), "yellow"),
    )  # fmt: skip


def _lost_answers(cell: Cell) -> str:
    figure = cell.figure
    missing = figure.unscorable + figure.errors if figure else 0
    return f"\n{missing} not judged" if missing else ""


def _legend(reference: str, level: float) -> Text:
    return Text(
        f"second line: difference to {one_line(reference)} with {level:.0%} interval, paired by sample; "
        "p adjusted by Holm; ▲ gain and ▼ loss are significant; ↑ ↓ samples that got better, worse",
        style="dim",
    )


def _verdict_panel(comparison: Comparison, verdict: Verdict | None) -> Panel:
    lines: list[RenderableType] = []
    for candidate in candidates(comparison, verdict):
        lines.append(_candidate_lines(candidate))
    if verdict is None:
        lines.append(
            Text("figures without a verdict: no gate was set, or none was asked (harness gate RUN)", style="yellow")
        )
    decision = verdict.decision if verdict else "unavailable"
    title = Text.assemble("verdict: ", (decision.upper(), _STYLE[decision])) if verdict else Text("verdict")
    return Panel(Group(*lines), title=title, title_align="left", box=box.ROUNDED, padding=(0, 1))


def _candidate_lines(candidate: Candidate) -> RenderableType:
    style = _STYLE[candidate.status]
    grid = RichTable.grid(padding=(0, 1))
    grid.add_column(width=14, no_wrap=True)
    grid.add_column(overflow="fold")
    head = Text.assemble((one_line(candidate.name), "bold"), " ", one_line(candidate.sentence, 600))
    grid.add_row(Text(f"{GLYPH[candidate.status]} {candidate.status.upper()}", style=style), head)
    for rule in (*candidate.stopping, *candidate.waived):
        grid.add_row(Text(GLYPH[rule.decision], style=_STYLE[rule.decision], justify="right"), _rule_text(rule))
    if candidate.next_step:
        grid.add_row(Text("next", style="dim", justify="right"), one_line(candidate.next_step))
    return grid


def _rule_text(rule: RuleVerdict) -> Text:
    return Text.assemble(
        (f"{one_line(rule.task)} {one_line(rule.metric)}", "bold"),
        f" {one_line(rule.rule)}\n",
        (one_line(rule.evidence, 600), "dim"),
    )
