"""What a run shows: tables for the terminal, Markdown, HTML and machines. Values in, text out."""

from harness.reports.github import annotations, job_summary
from harness.reports.gitlab import code_quality
from harness.reports.html import html_report
from harness.reports.junit import junit_xml
from harness.reports.markdown import markdown_report
from harness.reports.of_run import report_run, sample_frame
from harness.reports.safety import safety_panel
from harness.reports.sarif import sarif
from harness.reports.tables import comparison_table, frame, to_csv, to_json, to_latex
from harness.reports.terminal import terminal_report
from harness.reports.write import write_reports

__all__ = [
    "annotations",
    "code_quality",
    "comparison_table",
    "frame",
    "html_report",
    "job_summary",
    "junit_xml",
    "markdown_report",
    "report_run",
    "safety_panel",
    "sample_frame",
    "sarif",
    "terminal_report",
    "to_csv",
    "to_json",
    "to_latex",
    "write_reports",
]
