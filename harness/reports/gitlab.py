"""GitLab's code-quality report: what stopped a candidate, and what was found in its code, beside the merge request."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pandas as pd

from harness.records import Comparison, Verdict
from harness.reports.outcome import candidates
from harness.reports.samples import findings_of, rows_of
from harness.reports.sarif import line_of, sample_path
from harness.reports.visible import one_line

_OF_DECISION = {"fail": "critical", "unavailable": "critical", "refused": "blocker", "inconclusive": "major"}
_OF_FINDING = {"critical": "blocker", "high": "critical", "medium": "major", "low": "minor"}


def code_quality(comparison: Comparison, verdict: Verdict | None, samples: pd.DataFrame, suite_file: str) -> str:
    """A JSON list in the form of the Code Climate specification that GitLab reads.

    Args:
        samples: One row a sample, model and metric; columns as `harness.reports.html.html_report` names them.
        suite_file: The path that rules and refusals are shown at.
    """
    known = {comparison.base, comparison.baseline}
    own = samples[~samples["model"].isin(known)]
    issues = [*_stopped(comparison, verdict, suite_file), *_findings(own)]
    return json.dumps(issues, indent=1) + "\n"


def _stopped(comparison: Comparison, verdict: Verdict | None, path: str) -> Iterator[dict[str, Any]]:
    for candidate in candidates(comparison, verdict):
        if candidate.status == "refused":
            yield _issue("refused", f"{candidate.name}: refused: {candidate.reason}", "refused", path, 1)
        for rule in candidate.stopping:
            text = f"{candidate.name}, {rule.task}, {rule.metric}: {rule.rule}: {rule.decision}: {rule.evidence}"
            yield _issue(rule.rule.split()[0], text, rule.decision, path, 1)


def _findings(samples: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for row in rows_of(samples):
        for finding in findings_of(row.findings):
            line = line_of(finding, str(row.response))
            text = f"{row.model}: {finding.get('reason') or finding.get('rule')}"
            name, severity = str(finding.get("rule") or "finding"), str(finding.get("severity"))
            yield _issue(name, text, severity, sample_path(str(row.task), str(row.key)), line)


def _issue(name: str, text: str, severity: str, path: str, line: int) -> dict[str, Any]:
    check, description = one_line(name, 80), one_line(text, 600)
    identity = "\0".join((check, description, path, str(line)))
    return {
        "check_name": check,
        "description": description,
        "fingerprint": hashlib.sha256(identity.encode()).hexdigest(),
        "severity": {**_OF_FINDING, **_OF_DECISION}.get(severity, "info"),
        "location": {"path": path, "lines": {"begin": line}},
    }
