"""Writes the reports of a run into its folder, each whole or not at all."""

from pathlib import Path
from typing import Any

import pandas as pd

from harness.records import Comparison, Verdict
from harness.reports.gitlab import code_quality
from harness.reports.html import html_report
from harness.reports.junit import junit_xml
from harness.reports.markdown import markdown_report
from harness.reports.safety import safety_panel
from harness.reports.sarif import sarif
from harness.reports.visible import one_line
from harness.runs import write_text


def write_reports(
    folder: Path, comparison: Comparison, verdict: Verdict | None, manifest: dict[str, Any], samples: pd.DataFrame
) -> None:
    """Write ``report.html``, ``report.md``, ``junit.xml``, ``findings.sarif`` and ``codequality.json`` into ``folder``.

    Args:
        samples: One row a sample, model and metric; columns as `harness.reports.html.html_report` names them.

    Raises:
        RunError: a report could not be saved.
    """
    safety = safety_panel(comparison, samples)
    texts = {
        "report.html": html_report(comparison, verdict, manifest, samples, safety),
        "report.md": markdown_report(comparison, verdict, safety),
        "junit.xml": junit_xml(comparison, verdict),
        "findings.sarif": sarif(samples, _answering(comparison)),
        "codequality.json": code_quality(comparison, verdict, samples, f"{one_line(comparison.suite)}.yaml"),
    }
    for name, text in texts.items():
        write_text(folder / name, text)


def _answering(comparison: Comparison) -> list[str]:
    """The models whose answers are on trial: all that were evaluated but the base and the baseline."""
    known = (comparison.base, comparison.baseline)
    return [row.name for row in comparison.models if row.status == "evaluated" and row.name not in known]
