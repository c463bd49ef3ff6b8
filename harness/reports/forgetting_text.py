"""What was forgotten, in words: as Markdown, and for a terminal."""

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from harness.reports.forgetting import Cost, ForgettingPanel, Losses, Measured, ProbeCell, ProbeRow, TransferMatrix
from harness.reports.numbers import MISSING, compact
from harness.reports.visible import markdown_text, one_line

ABOUT = (
    "Over all probes, each counting alike, paired by sample. Forgot: had right by the model compared with, and not by "
    "the adapter. Perplexity and KL: how far old text became less likely; ×1 and 0 are no change. Gain: on {targets}. "
    "▼ a loss, ▲ a gain is shown: the interval leaves out that nothing changed."
)
_MARK = {"loss": " ▼", "gain": " ▲", "": ""}
_STYLE = {"loss": "bold red", "gain": "bold cyan", "": "bold"}
#: Columns of a terminal for the names of measures, and for each adapter.
_NAMES, _ADAPTER = 30, 22
#: Probes named in a terminal, those first that lost most.
_WORST = 3


def about(panel: ForgettingPanel) -> str:
    """How to read the panel."""
    return ABOUT.format(targets=", ".join(panel.targets) or "no task of the run")


def not_measured(panel: ForgettingPanel) -> str:
    """Which measures have no figure for any adapter, and why."""
    told = "; ".join(f"{name}: {why}" if why else name for name, why in panel.absent)
    return f"Not measured: {told}." if told else ""


def forgetting_markdown(panel: ForgettingPanel) -> str:
    """The panel as Markdown."""
    lines = ["## What was forgotten"]
    if panel.against:
        heads = ("Adapter", "Against", *panel.columns)
        lines += ["", markdown_text(about(panel), 900), "", "| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
        lines += [_cost_line(losses.costs[place]) for losses, place in panel.by_adapter]
        lines += ["", markdown_text(not_measured(panel), 900)] if panel.absent else []
    for losses in panel.against:
        if losses.probes:
            reference = markdown_text(losses.reference, 80)
            names = [reference, *(markdown_text(cost.model, 80) for cost in losses.costs)]
            lines += ["", f"### Probe by probe, against {reference}", "", "| Probe | " + " | ".join(names) + " |"]
            lines += ["|---" * (1 + len(names)) + "|", *(_probe_line(row) for row in losses.probes)]
    if panel.sequence:
        lines += ["", "### In sequence", "", *_sequence_lines(panel.sequence)]
    return "\n".join(lines)


def forgetting_terminal(panel: ForgettingPanel, width: int = 80) -> RenderableType:
    """The panel for a terminal: measures down, adapters across, as many side by side as ``width`` has room for."""
    beside = max(1, (width - 4 - _NAMES) // (_ADAPTER + 1))
    found = panel.by_adapter
    parts: list[RenderableType] = [
        _grid(panel.columns, found[start : start + beside]) for start in range(0, len(found), beside)
    ]
    if lines := _unmeasured(panel):
        parts.append(Text(f"not measured: {'; '.join(lines)}", style="dim"))
    if panel.sequence:
        told = ", ".join(f"{name} {cell.line}" for name, cell in panel.sequence.measures)
        parts.append(Text.assemble(("in sequence, points", "bold"), f"  {told}"))
    return Panel(Group(*parts), title="what was forgotten", title_align="left", box=box.ROUNDED)


def _grid(columns: tuple[str, ...], found: list[tuple[Losses, int]]) -> RenderableType:
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(width=_NAMES)
    for _ in found:
        grid.add_column(width=_ADAPTER, overflow="fold")
    costs = [losses.costs[place] for losses, place in found]
    grid.add_row("", *(Text(one_line(cost.model, 60), style="bold") for cost in costs))
    grid.add_row("", *(Text(f"against {one_line(cost.reference, 60)}", style="dim") for cost in costs))
    for name, cells in zip(columns, zip(*(cost.cells for cost in costs), strict=True), strict=True):
        grid.add_row(Text(name), *(_terminal_cell(cell) for cell in cells))
    worst = [_worst(losses, place) for losses, place in found]
    if any(worst):
        grid.add_row(Text("most lost on", style="dim"), *(Text(tasks, style="dim") for tasks in worst))
    return grid


def _terminal_cell(cell: Measured) -> Text:
    return Text.assemble((cell.text, _STYLE[cell.mark]), (f" {compact(cell.range)}", "dim"))


def _worst(losses: Losses, place: int) -> str:
    found = [(row.task, row.cells[place]) for row in losses.probes]
    lost = [(task, cell) for task, cell in found if cell is not None and cell.forgot]
    lost.sort(key=lambda one: -one[1].forgot)
    return "\n".join(f"{one_line(task, 40)} {cell.forgot:,}" for task, cell in lost[:_WORST])


def _unmeasured(panel: ForgettingPanel) -> list[str]:
    """Why a measure is missing, and for whom, where that is not the user's own choice."""
    told: dict[str, list[str]] = {f"{name}: {one_line(why)}": [] for name, why in panel.absent if why}
    for losses, place in panel.by_adapter:
        cost = losses.costs[place]
        for name, cell in zip(panel.columns, cost.cells, strict=True):
            if cell.text == MISSING and cell.note:
                told.setdefault(f"{name}: {one_line(cell.note)}", []).append(one_line(cost.model, 40))
    return [
        f"{line} ({', '.join(dict.fromkeys(names))})" if names else line
        for line, names in told.items()
        if "asked" not in line
    ]


def _cost_line(cost: Cost) -> str:
    cells = []
    for cell in cost.cells:
        text = cell.line.replace("[", "\\[") + _MARK[cell.mark]
        cells.append(text + (f"<br>{markdown_text(cell.note, 120)}" if cell.note else ""))
    return "| " + " | ".join([markdown_text(cost.model, 80), markdown_text(cost.reference, 80), *cells]) + " |"


def _probe_line(row: ProbeRow) -> str:
    head = f"{markdown_text(row.task, 80)}<br>{markdown_text(row.metric, 80)}"
    return "| " + " | ".join([head, row.before, *(_probe_cell(cell) for cell in row.cells)]) + " |"


def _probe_cell(cell: ProbeCell | None) -> str:
    if cell is None:
        return MISSING
    worse, better = cell.words
    flipped = f"<br>{cell.forgot:,} {worse}, {cell.learned:,} {better}" if cell.forgot or cell.learned else ""
    drift = f"<br>{cell.note}" if cell.note else ""
    change = cell.change.line.replace("[", "\\[") + _MARK[cell.change.mark]
    return f"**{cell.value}** {change}{flipped}{drift}"


def _sequence_lines(found: TransferMatrix) -> list[str]:
    heads = [f"{markdown_text(task, 80)}<br>{markdown_text(metric, 80)}" for task, metric in found.tasks]
    lines = ["| After | " + " | ".join(heads) + " |", "|---|" + "---|" * len(heads)]
    for row in found.rows:
        cells = [f"**{text}**" if learnt else text for text, _, learnt in row.cells]
        lines.append("| " + " | ".join([markdown_text(row.model, 80), *cells]) + " |")
    told = "; ".join(f"{name} {cell.line}" for name, cell in found.measures).replace("[", "\\[")
    return [*lines, "", f"In points; bold where the task was learnt. {told}."]
