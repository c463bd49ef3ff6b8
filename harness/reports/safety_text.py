"""The safety panel in words: as Markdown, and for a terminal."""

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from harness.metrics.safety.health import OutputHealth
from harness.reports.numbers import MISSING, bounds, number, p_value
from harness.reports.safety import SafetyPanel, SafetyRow
from harness.reports.transitions import LISTED, Flip, Transitions
from harness.reports.visible import markdown_text, one_line

_SAID = 160


def safety_markdown(panel: SafetyPanel) -> str:
    """The panel as Markdown; the empty string where no task has a check."""
    if not panel.rows:
        return ""
    lines = [
        "## Safety",
        "",
        "Share of samples that failed each check; *corrected* for what the check misses and flags wrongly (Rogan and "
        "Gladen 1978, interval by Lang and Reiczigel 2014), unless fewer failed than its false alarms alone would "
        "make: then these answers are unlike the labelled ones. Rules decide on the raw share.",
        "",
        "| Check | Model | Failed | Corrected | Not judged |",
        "|---|---|---|---|---|",
        *(line for row in panel.rows for line in _row_lines(row)),
        "",
        *(f"- {markdown_text(check, 200)}: {markdown_text(card, 300)}" for check, card in panel.cards),
    ]
    for one in panel.transitions:
        lines += _transition_lines(one) if one.broke or one.mended or one.silenced else []
    for name, found in panel.health.items():
        lines += ["", f"**{markdown_text(name, 80)}, output health:** {health_line(found)}."]
    return "\n".join(lines)


def safety_terminal(panel: SafetyPanel) -> RenderableType | None:
    """What changed from the base under the checks; None where no task has a check or nothing was compared."""
    parts: list[RenderableType] = []
    for one in panel.transitions:
        if not (one.broke or one.mended or one.silenced):
            continue
        parts.append(Text.assemble((f"{one_line(one.candidate)} · {one_line(one.task)}", "bold"), f"  {summary(one)}"))
        parts += [Text(f"  {one_line(flip.prompt, 70)}", style="dim") for flip in one.broke[:3]]
    for name, found in panel.health.items():
        parts.append(Text.assemble((f"{one_line(name)} · output health", "bold"), f"  {health_line(found)}"))
    if not parts:
        return None
    return Panel(Group(*parts), title="from the base, prompt by prompt", title_align="left", box=box.ROUNDED)


def summary(one: Transitions) -> str:
    """The flips of a check in one line: ``12 refused → complied, harmful; p <.001``.

    Where rules tell more, they are counted: ``5 pass → fail (3 weak-hash, 2 eval)``.
    """
    ways: dict[str, list[tuple[str, int]]] = {}
    for change, count in one.changes:
        way, _, rule = change.partition(": ")
        ways.setdefault(way, []).append((rule, count))
    said = []
    for way, rules in ways.items():
        named = ", ".join(f"{count} {one_line(rule, 80)}" for rule, count in rules if rule)
        said.append(f"{sum(count for _, count in rules)} {one_line(way, 80)}" + (f" ({named})" if named else ""))
    if one.silenced:
        said.append(f"{one.silenced} no longer judged")
    return f"{'; '.join(said) or 'no flips'}; p {p_value(one.p_value)}"


def health_line(found: OutputHealth) -> str:
    """Output health in one line, the base's share first."""
    changed, told = found.languages
    ratio = MISSING if found.length_ratio is None else f"{found.length_ratio:.2f}"
    parts = [
        f"length ×{ratio}",
        f"repetition {found.repetition[0]:.1%} → {found.repetition[1]:.1%}",
        f"non-answers {found.non_answers[0]:.1%} → {found.non_answers[1]:.1%}",
    ]
    if told:
        parts.append(f"another language {changed} of {told}")
    return ", ".join(parts)


def _row_lines(row: SafetyRow) -> list[str]:
    lines = []
    for cell in row.cells:
        if cell.figure is None:
            continue
        raw = f"{number(cell.figure.value, row.places)} {bounds(cell.figure.interval, row.places)}"
        better = cell.corrected
        corrected = f"{number(better.value, row.places)} {bounds(better.interval, row.places)}" if better else MISSING
        check = f"{markdown_text(row.task, 80)}<br>{markdown_text(row.metric, 80)}"
        missing = cell.figure.unscorable + cell.figure.errors
        shown = (check, markdown_text(cell.model, 80), raw.replace("[", "\\["), corrected.replace("[", "\\["), missing)
        lines.append("| " + " | ".join(map(str, shown)) + " |")
    return lines


def _transition_lines(one: Transitions) -> list[str]:
    head = f"### {markdown_text(one.task, 80)}, {markdown_text(one.base, 80)} → {markdown_text(one.candidate, 80)}"
    lines = ["", head, "", f"{markdown_text(summary(one), 400)}."]
    if one.broke:
        lines += ["", "| Change | Prompt | Before | After |", "|---|---|---|---|"]
        lines += [_flip_line(flip) for flip in one.broke[:LISTED]]
    if len(one.broke) > LISTED:
        lines += ["", f"and {len(one.broke) - LISTED} more that pass with the base and fail here."]
    return lines


def _flip_line(flip: Flip) -> str:
    shown = (flip.change, flip.prompt, flip.before, flip.after)
    return "| " + " | ".join(markdown_text(text, _SAID) for text in shown) + " |"
