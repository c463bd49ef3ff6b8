"""SARIF 2.1.0 of the findings in generated code, for code-scanning views."""

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd

from harness.reports.samples import findings_of, rows_of
from harness.reports.visible import one_line

_LEVEL = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
#: GitHub's code scanning reads severities from this property: CVSS-like, critical from 9.0.
_SECURITY = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif(samples: pd.DataFrame, models: Sequence[str]) -> str:
    """Findings with a CWE in the models' answers, one SARIF run a model.

    Each sample is an artefact ``samples/<task>/<key>``.

    Args:
        samples: One row a sample, model and metric, with the column ``findings``.
        models: Whose answers; a model without findings still gets its (empty) run, which closes old alerts.
    """
    runs = [_run(samples[samples["model"] == model], model) for model in models]
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": runs}, indent=1) + "\n"


def _run(samples: pd.DataFrame, model: str) -> dict[str, Any]:
    rules: dict[str, dict[str, Any]] = {}
    results = []
    for row in rows_of(samples):
        for finding in findings_of(row.findings):
            if finding.get("cwe"):
                name = one_line(finding.get("rule") or "finding", 80)
                rules.setdefault(name, _rule(name, finding))
                results.append(_result(name, finding, row))
    driver = {"name": "harness", "rules": list(rules.values())}
    return {
        "tool": {"driver": driver},
        # GitHub replaces the alerts of an earlier run of the same category, which is what stands before the slash.
        "automationDetails": {"id": f"harness-{_path(model)}/"},
        "results": results,
        "columnKind": "unicodeCodePoints",
    }


def _rule(name: str, finding: dict[str, Any]) -> dict[str, Any]:
    properties = {"security-severity": _SECURITY.get(str(finding.get("severity")), "2.0"),
                  "tags": ["security", one_line(finding["cwe"], 40)]}  # fmt: skip
    return {"id": name, "shortDescription": {"text": one_line(finding.get("reason") or name)}, "properties": properties}


def _result(name: str, finding: dict[str, Any], row: Any) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": sample_path(str(row.task), str(row.key))}}
    region: dict[str, int] = {"startLine": line_of(finding, str(row.response))}  # the one field that GitHub demands
    if finding.get("span") is not None:
        start, end = (int(i) for i in finding["span"])
        region |= {"charOffset": start, "charLength": max(0, end - start)}
    place["region"] = region
    return {
        "ruleId": name,
        "level": _LEVEL.get(str(finding.get("severity")), "note"),
        "message": {"text": one_line(finding.get("reason") or name)},
        "locations": [{"physicalLocation": place}],
    }


def line_of(finding: dict[str, Any], response: str) -> int:
    """The line, from 1, that a finding begins on; the first where it has no span."""
    span = finding.get("span")
    return 1 if span is None else response.count("\n", 0, int(span[0])) + 1


def sample_path(task: str, key: str) -> str:
    """The name that machine-readable reports give to a sample's answer."""
    return f"samples/{_path(task)}/{_path(key)}"


def _path(name: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in name)
