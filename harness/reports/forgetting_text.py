"""What was forgotten, in words: as Markdown, and for a terminal."""

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from harness.reports.forgetting import COLUMNS, Cost, ForgettingPanel, Measured, ProbeCell, ProbeRow, TransferMatrix
from harness.reports.numbers import MISSING, compact
from harness.reports.visible import markdown_text, one_line

ABOUT = (
    "Over all probes, each counting alike, paired by sample. Forgot: samples that {reference} had right and the "
    "adapter has not. Perplexity and KL: how far the adapter moved {reference}'s distribution on old text; ×1 and 0 "
    "are no change. Gain: on {targets}. ▼ a loss is shown: its interval leaves out that there is none."
)
#: Columns of a terminal for the names of measures, and for each adapter.
_NAMES, _ADAPTER = 30, 22
#: Probes named in a terminal, those first that lost most.
_WORST = 3


def about(panel: ForgettingPanel) -> str:
    """How to read the panel."""
    return ABOUT.format(reference=panel.reference, targets=", ".join(panel.targets) or "no task of the run")


def forgetting_markdown(panel: ForgettingPanel) -> str:
    """The panel as Markdown."""
    lines = [f"## What was forgotten, against {markdown_text(panel.reference, 80)}"]
    if panel.costs:
        lines += ["", markdown_text(about(panel), 900), "", "| Adapter | " + " | ".join(COLUMNS) + " |"]
        lines.append("|---|" + "---|" * len(COLUMNS))
        lines += [_cost_line(cost) for cost in panel.costs]
    if panel.probes:
        names = [markdown_text(cost.model, 80) for cost in panel.costs]
        lines += ["", "| Probe | " + " | ".join([markdown_text(panel.reference, 80), *names]) + " |"]
        lines += ["|---|---|" + "---|" * len(names), *(_probe_line(row) for row in panel.probes)]
    if panel.sequence:
        lines += ["", "### In sequence", "", *_sequence_lines(panel.sequence)]
    return "\n".join(lines)


def forgetting_terminal(panel: ForgettingPanel, width: int = 80) -> RenderableType:
    """The panel for a terminal: measures down, adapters across, as many side by side as ``width`` has room for."""
    beside = max(1, (width - 4 - _NAMES) // (_ADAPTER + 1))
    parts: list[RenderableType] = []
    for start in range(0, len(panel.costs), beside):
        parts.append(_grid(panel, range(start, min(start + beside, len(panel.costs)))))
    for cost in panel.costs:
        parts += [Text(f"{one_line(cost.model, 40)}, {one_line(note)}", style="dim") for note in _unmeasured(cost)]
    if panel.sequence:
        told = ", ".join(f"{name} {cell.line}" for name, cell in panel.sequence.measures)
        parts.append(Text.assemble(("in sequence, points", "bold"), f"  {told}"))
    title = f"what was forgotten, against {one_line(panel.reference, 40)}"
    return Panel(Group(*parts), title=title, title_align="left", box=box.ROUNDED)


def _grid(panel: ForgettingPanel, places: range) -> RenderableType:
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(width=_NAMES)
    for _ in places:
        grid.add_column(width=_ADAPTER, overflow="fold")
    costs = [panel.costs[place] for place in places]
    grid.add_row("", *(Text(one_line(cost.model, 60), style="bold") for cost in costs))
    for name, cells in zip(COLUMNS, zip(*(cost.cells for cost in costs), strict=True), strict=True):
        grid.add_row(Text(name), *(_terminal_cell(cell) for cell in cells))
    worst = [_worst(panel, place) for place in places]
    if any(worst):
        grid.add_row(Text("most lost on", style="dim"), *(Text(tasks, style="dim") for tasks in worst))
    return grid


def _terminal_cell(cell: Measured) -> Text:
    return Text.assemble((cell.text, "bold red" if cell.lost else "bold"), (f" {compact(cell.range)}", "dim"))


def _worst(panel: ForgettingPanel, place: int) -> str:
    found = [(row.task, row.cells[place]) for row in panel.probes]
    lost = [(task, cell) for task, cell in found if cell is not None and cell.forgot]
    lost.sort(key=lambda one: -one[1].forgot)
    return "\n".join(f"{one_line(task, 40)} {cell.forgot:,}" for task, cell in lost[:_WORST])


def _unmeasured(cost: Cost) -> list[str]:
    """Why a measure is missing, where that is not the user's own choice."""
    named = zip(COLUMNS, cost.cells, strict=True)
    return [
        f"{name}: {cell.note}"
        for name, cell in named
        if cell.text == MISSING and cell.note and "asked" not in cell.note
    ]


def _cost_line(cost: Cost) -> str:
    cells = []
    for cell in cost.cells:
        text = cell.line.replace("[", "\\[") + (" ▼" if cell.lost else "")
        cells.append(text + (f"<br>{markdown_text(cell.note, 120)}" if cell.note else ""))
    return "| " + " | ".join([markdown_text(cost.model, 80), *cells]) + " |"


def _probe_line(row: ProbeRow) -> str:
    head = f"{markdown_text(row.task, 80)}<br>{markdown_text(row.metric, 80)}"
    return "| " + " | ".join([head, row.before, *(_probe_cell(cell) for cell in row.cells)]) + " |"


def _probe_cell(cell: ProbeCell | None) -> str:
    if cell is None:
        return MISSING
    worse, better = cell.words
    flipped = f"<br>{cell.forgot:,} {worse}, {cell.learned:,} {better}" if cell.forgot or cell.learned else ""
    drift = f"<br>{cell.note}" if cell.note else ""
    change = cell.change.line.replace("[", "\\[") + (" ▼" if cell.change.lost else "")
    return f"**{cell.value}** {change}{flipped}{drift}"


def _sequence_lines(found: TransferMatrix) -> list[str]:
    heads = [f"{markdown_text(task, 80)}<br>{markdown_text(metric, 80)}" for task, metric in found.tasks]
    lines = ["| After | " + " | ".join(heads) + " |", "|---|" + "---|" * len(heads)]
    for row in found.rows:
        cells = [f"**{text}**" if learnt else text for text, _, learnt in row.cells]
        lines.append("| " + " | ".join([markdown_text(row.model, 80), *cells]) + " |")
    told = "; ".join(f"{name} {cell.line}" for name, cell in found.measures).replace("[", "\\[")
    return [*lines, "", f"In points; bold where the task was learnt. {told}."]
