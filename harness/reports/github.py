"""What a GitHub Actions job shows: a summary in Markdown, and an annotation for each rule that did not pass."""

from harness.records import Comparison, Verdict
from harness.reports.markdown import short_table, verdict_section
from harness.reports.outcome import candidates
from harness.reports.visible import one_line

_LEVEL = {"fail": "error", "unavailable": "error", "refused": "error", "inconclusive": "warning", "waived": "notice"}


def job_summary(comparison: Comparison, verdict: Verdict | None) -> str:
    """Markdown for the file that ``GITHUB_STEP_SUMMARY`` names."""
    return f"{verdict_section(comparison, verdict)}\n\n{short_table(comparison, verdict)}\n"


def annotations(comparison: Comparison, verdict: Verdict | None) -> list[str]:
    """Workflow commands (``::error title=...::...``): one a rule not passed or waived, one a refused model."""
    lines = []
    for candidate in candidates(comparison, verdict):
        if candidate.status == "refused":
            lines.append(_command("error", f"{candidate.name}: refused", candidate.reason))
        for rule in (*candidate.stopping, *candidate.waived):
            title = f"{candidate.name}: {rule.task} {rule.metric} {rule.rule}"
            lines.append(_command(_LEVEL[rule.decision], title, f"{rule.decision}: {rule.evidence}"))
    return lines


def _command(level: str, title: str, message: str) -> str:
    """Escaped as the runner's toolkit does, so that no text can start a command of its own."""
    data = one_line(message, 600).replace("%", "%25")
    name = one_line(title, 200).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    return f"::{level} title={name}::{data}"
