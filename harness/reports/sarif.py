"""SARIF 2.1.0 of the findings in generated code, for code-scanning views."""

import json
from typing import Any

import pandas as pd

from harness.reports.samples import findings_of, rows_of
from harness.reports.visible import one_line

_LEVEL = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
#: GitHub's code scanning reads severities from this property: CVSS-like, critical from 9.0.
_SECURITY = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif(samples: pd.DataFrame, model: str) -> str:
    """Findings with a CWE in one model's answers. Each sample is an artefact ``samples/<task>/<key>``."""
    rules: dict[str, dict[str, Any]] = {}
    results = []
    for row in rows_of(samples[samples["model"] == model]):
        for finding in findings_of(row.findings):
            if finding.get("cwe"):
                name = one_line(finding.get("rule") or "finding", 80)
                rules.setdefault(name, _rule(name, finding))
                results.append(_result(name, finding, str(row.task), str(row.key)))
    driver = {"name": "harness", "rules": list(rules.values())}
    run = {"tool": {"driver": driver}, "results": results, "columnKind": "unicodeCodePoints"}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _rule(name: str, finding: dict[str, Any]) -> dict[str, Any]:
    properties = {"security-severity": _SECURITY.get(str(finding.get("severity")), "2.0"),
                  "tags": ["security", one_line(finding["cwe"], 40)]}  # fmt: skip
    return {"id": name, "shortDescription": {"text": one_line(finding.get("reason") or name)}, "properties": properties}


def _result(name: str, finding: dict[str, Any], task: str, key: str) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": f"samples/{_path(task)}/{_path(key)}"}}
    span = finding.get("span")
    if span is not None:
        start, end = (int(i) for i in span)
        place["region"] = {"charOffset": start, "charLength": max(0, end - start)}
    return {
        "ruleId": name,
        "level": _LEVEL.get(str(finding.get("severity")), "note"),
        "message": {"text": one_line(finding.get("reason") or name)},
        "locations": [{"physicalLocation": place}],
    }


def _path(name: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in name)
