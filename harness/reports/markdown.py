"""`report.md`: verdict, comparison and refusals as GitHub-flavoured Markdown. Also what a CI job's summary shows."""

from harness.records import Comparison, Difference, RuleVerdict, Verdict
from harness.reports.forgetting import forgetting_panel
from harness.reports.forgetting_text import forgetting_markdown
from harness.reports.numbers import MISSING, bounds, number, p_value, signed
from harness.reports.outcome import GLYPH, Candidate, candidates, certainty, headline
from harness.reports.repeats import repeat_lines
from harness.reports.safety import SafetyPanel
from harness.reports.safety_text import safety_markdown
from harness.reports.setup import CONTAMINATED, seen_in_training
from harness.reports.tables import Cell, Row, Table, comparison_table, main_metrics, references
from harness.reports.visible import markdown_text

_MARK = {"gain": " ▲", "loss": " ▼", "": ""}


def markdown_report(comparison: Comparison, verdict: Verdict | None, safety: SafetyPanel | None = None) -> str:
    """The whole report as Markdown, safe against markup in any text of a model, task or adapter."""
    parts = [f"# {markdown_text(comparison.suite, 80)}", verdict_section(comparison, verdict)]
    for reference in references(comparison):
        parts.append(_comparison_section(comparison_table(comparison, reference), comparison))
    if noise := repeat_lines(comparison):
        parts.append("\n".join(["## Repeated generations", "", *(f"- {markdown_text(line)}" for line in noise)]))
    if forgetting := forgetting_panel(comparison):
        parts.append(forgetting_markdown(forgetting))
    if safety is not None and safety.rows:
        parts.append(safety_markdown(safety))
    refused = [m for m in comparison.models if m.status == "refused"]
    if refused:
        lines = [f"- **{markdown_text(m.name, 80)}**: {markdown_text(m.reason, 600)}" for m in refused]
        parts.append("\n".join(["## Refused before evaluation", "", *lines]))
    return "\n\n".join(parts) + "\n"


def verdict_section(comparison: Comparison, verdict: Verdict | None) -> str:
    """Verdict per candidate with the rules that stopped it."""
    if verdict is None:
        return "## No verdict\n\nNo gate was set, or none was asked: these are figures without a verdict."
    found = candidates(comparison, verdict)
    lines = [f"## Verdict: {verdict.decision}", "", markdown_text(headline(found), 600), ""]
    if sure := certainty(verdict):
        lines += [sure, ""]
    for candidate in found:
        lines += _candidate_lines(candidate)
    return "\n".join(lines).rstrip()


def short_table(comparison: Comparison, verdict: Verdict | None) -> str:
    """The comparison against the baseline with each task's main metrics."""
    return _comparison_section(comparison_table(comparison, only=main_metrics(comparison, verdict)), comparison)


def _candidate_lines(candidate: Candidate) -> list[str]:
    mark = f"{GLYPH[candidate.status]} {candidate.status.upper()}"
    lines = [f"### {mark} · {markdown_text(candidate.name, 80)}", "", markdown_text(candidate.sentence, 600), ""]
    if candidate.next_step:
        lines += [f"Next: {markdown_text(candidate.next_step)}.", ""]
    if candidate.rules:
        lines += ["| | Task | Metric | Rule | Evidence |", "|---|---|---|---|---|"]
        lines += [_rule_line(rule) for rule in candidate.rules]
        lines.append("")
    return lines


def _rule_line(rule: RuleVerdict) -> str:
    cells = [
        f"{GLYPH[rule.decision]} {rule.decision}",
        *(markdown_text(v, 120) for v in (rule.task, rule.metric, rule.rule)),
    ]
    return "| " + " | ".join([*cells, markdown_text(rule.evidence, 600)]) + " |"


def _comparison_section(table: Table, comparison: Comparison) -> str:
    level = next((d.interval.level for d in comparison.differences), 0.95)
    seen = seen_in_training(comparison)
    lines = [
        f"## Comparison with {markdown_text(table.reference, 80)}",
        "",
        f"Scores with {level:.0%} intervals; differences paired by sample; p adjusted by Holm; ▲ gain and ▼ loss are "
        "significant; ↑ ↓ samples that got better, worse.",
        "",
        "| Task | " + " | ".join(markdown_text(m, 80) for m in table.models) + " |",
        "|---|" + "---|" * len(table.models),
    ]
    for group in table.groups:
        lines.append(f"| *{markdown_text(group.tag, 80)}* |" + " |" * len(table.models))
        lines += [_row_line(row, seen) for row in group.rows]
    return "\n".join(lines)


def _row_line(row: Row, seen: dict[tuple[str, str], int]) -> str:
    lower = "" if row.greater_is_better else ", lower is better"
    task = f"{markdown_text(row.task.name, 80)}<br>{markdown_text(row.metric, 80)}{lower}, n {row.samples:,}"
    counts = [seen.get((row.task.name, c.model), 0) if row.metric != CONTAMINATED else 0 for c in row.cells]
    cells = [
        _cell(c, row.places) + (f"<br>{count} seen in training" if count else "")
        for c, count in zip(row.cells, counts, strict=True)
    ]
    return "| " + " | ".join([task, *cells]) + " |"


def _cell(cell: Cell, places: int) -> str:
    figure = cell.figure
    if figure is None:
        return MISSING
    # Square brackets are escaped: beside round ones they would make a link.
    text = f"**{number(figure.value, places)}** {bounds(figure.interval, places)}".rstrip().replace("[", "\\[")
    if cell.difference:
        text += "<br>" + _difference(cell.difference, cell.mark, places)
    missing = figure.unscorable + figure.errors
    return text + (f"<br>{missing} not judged" if missing else "")


def _difference(d: Difference, mark: str, places: int) -> str:
    text = f"{signed(d.difference, places)} {bounds(d.interval, places, sign=True)}{_MARK[mark]}".replace("[", "\\[")
    p = p_value(d.adjusted_p_value).replace("<", "&lt;")
    return f"{text}<br>p {p}, ↑{d.gained_count} ↓{d.lost_count}"
