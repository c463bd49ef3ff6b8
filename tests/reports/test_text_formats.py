"""Markdown, JUnit, GitHub and SARIF: what they say, and what foreign text cannot make them say."""

import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pandas as pd
import pytest
import xmlschema

from harness.reports import annotations, code_quality, job_summary, junit_xml, markdown_report, sarif
from harness.reports.outcome import candidates, certainty, headline
from harness.reports.visible import markdown_text, one_line, visible
from tests.reports.bundle import HOSTILE, bundle

GOLDEN = Path(__file__).parent / "golden"
SCHEMAS = Path(__file__).parent / "schemas"


def test_how_sure_a_verdict_is_names_the_levels_of_its_intervals():
    _, verdict, *_ = bundle()
    levels = [0.998, 0.998, *[0.9] * len(verdict.rules)]
    rules = [
        rule.model_copy(update={"interval": rule.interval.model_copy(update={"level": level})})
        for rule, level in zip(verdict.rules, levels, strict=False)
        if rule.interval
    ]
    assert "Rules show 90% to 99.8% intervals" in certainty(verdict.model_copy(update={"rules": rules}))
    strict = certainty(verdict.model_copy(update={"rules": rules[:2]}))
    assert "at most 0.1%;" in strict and "Rules show 99.8% intervals" in strict


def test_markdown_looks_as_agreed():
    comparison, verdict, *_ = bundle()
    assert markdown_report(comparison, verdict) == (GOLDEN / "report.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_foreign_text_stays_one_cell_and_makes_no_markup(text):
    comparison, verdict, *_ = bundle()
    rules = [r.model_copy(update={"evidence": text}) for r in verdict.rules]
    shown = markdown_report(comparison, verdict.model_copy(update={"rules": rules}))
    plain = markdown_report(comparison, verdict)
    assert len(shown.splitlines()) == len(plain.splitlines())
    for line in shown.splitlines():
        if line.startswith(("| ✓", "| ✗", "| ?")):
            assert len(re.findall(r"(?<!\\)\|", line)) == 6
    assert not re.search(r"<(?!br>)", shown)
    assert not re.search(r"(?<!\\)\]\(", shown)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_visible_text_can_be_encoded_and_hides_nothing(text):
    for shown in (visible(text), one_line(text), markdown_text(text)):
        shown.encode("utf-8")
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]", shown)


def test_text_that_was_cut_says_how_long_it_was():
    assert visible("x" * 10_000_000, 100).endswith("[cut: 10,000,000 characters in all]")


def test_ordinary_text_of_any_script_is_left_alone():
    for text in ("Grüße, 中文, नमस्ते, עברית", "👩‍👩‍👧 fine\n\tcode()", "e\u0301"):
        assert visible(text) == text


def test_junit_has_one_case_a_rule_and_nothing_undecided_looks_green():
    comparison, verdict, *_ = bundle()
    root = ET.fromstring(junit_xml(comparison, verdict))
    suites = {suite.get("name"): suite for suite in root}
    assert set(suites) == {"careful", "careless", "renamed"}
    assert {s: (e.get("tests"), e.get("failures"), e.get("errors")) for s, e in suites.items()} == {
        "careful": ("7", "0", "0"), "careless": ("7", "5", "0"), "renamed": ("1", "0", "1"),
    }  # fmt: skip
    assert [f.get("type") for f in suites["careless"].iter("failure")] == ["fail"] * 4 + ["inconclusive"]
    assert root.attrib.items() >= {"tests": "15", "failures": "5", "errors": "1"}.items()


@pytest.mark.parametrize("hostile", [False, True])
def test_junit_and_sarif_keep_to_their_published_schemas(hostile):
    comparison, verdict, _, samples = bundle(hostile=hostile)
    rules = [r.model_copy(update={"decision": "waived"}) if i == 0 else r for i, r in enumerate(verdict.rules)]
    decided = [r.model_copy(update={"decision": "unavailable"}) if i == 1 else r for i, r in enumerate(rules)]
    xml = junit_xml(comparison, verdict.model_copy(update={"rules": decided}))
    assert {"skipped", "error", "failure"} <= {element.tag for element in ET.fromstring(xml.encode()).iter()}
    xmlschema.validate(xml.encode(), SCHEMAS / "jenkins-junit.xsd")
    schema = json.loads((SCHEMAS / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(sarif(samples, ["careful", "careless"])), schema)


@pytest.mark.parametrize("hostile", [False, True])
def test_junit_keeps_to_the_form_that_ci_systems_read(hostile):
    comparison, verdict, *_ = bundle(hostile=hostile)
    root = ET.fromstring(junit_xml(comparison, verdict).encode("utf-8"))
    assert root.tag == "testsuites"
    for suite in root:
        assert suite.tag == "testsuite"
        assert {"name", "tests", "failures", "errors", "skipped", "time"} <= set(suite.attrib)
        assert int(suite.get("tests")) == len(suite) > 0
        for case in suite:
            assert case.tag == "testcase"
            assert {"name", "classname", "time"} == set(case.attrib)
            assert [child.tag for child in case] in ([], ["failure"], ["error"])
            assert all({"message", "type"} == set(child.attrib) for child in case)


def test_a_candidate_that_no_rule_judged_is_an_error_in_junit():
    comparison, verdict, *_ = bundle()
    empty = verdict.model_copy(update={"rules": [], "candidates": {"careful": "unavailable"}})
    root = ET.fromstring(junit_xml(comparison, empty))
    assert root.get("errors") == "2"


def test_the_headline_says_who_may_ship_and_never_more():
    comparison, verdict, *_ = bundle()
    found = {c.name: c for c in candidates(comparison, verdict)}
    undecided = replace(found["careless"], status="inconclusive")
    assert headline([found["careful"]]) == "careful may ship."
    assert headline([found["renamed"]]) == "renamed must not ship."
    assert headline([undecided]) == "Whether careless may ship cannot be decided yet."
    assert headline([undecided, found["renamed"]]) == "None of 2 candidates may ship so far. 1 cannot be decided yet."
    assert headline(list(found.values())) == "1 of 3 candidates may ship: careful."


def test_annotations_name_each_rule_that_stopped_a_candidate_and_each_refusal():
    comparison, verdict, *_ = bundle()
    lines = annotations(comparison, verdict)
    assert [line.split()[0] for line in lines] == ["::error"] * 4 + ["::warning", "::error"]
    assert job_summary(comparison, verdict).startswith("## Verdict: fail")


def test_no_foreign_text_starts_a_workflow_command_of_its_own():
    comparison, verdict, *_ = bundle()
    text = "fine\n::set-output name=x::y\r\n::error::z"
    rules = [r.model_copy(update={"evidence": text, "rule": text}) for r in verdict.rules]
    for line in annotations(comparison, verdict.model_copy(update={"rules": rules})):
        assert re.fullmatch(r"::(error|warning) title=[^:,\r\n]*::[^\r\n]*", line)


def test_sarif_lists_the_findings_in_code_with_rule_level_and_place():
    *_, samples = bundle()
    log = json.loads(sarif(samples, ["careful", "careless"]))
    run = log["runs"][1]
    assert [r["automationDetails"]["id"] for r in log["runs"]] == ["harness-careful/", "harness-careless/"]
    failed = samples[(samples["model"] == "careless") & (samples["task"] == "python_functions")]
    assert len(run["results"]) == (failed["outcome"] == "fail").sum()
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["B608"]
    first = run["results"][0]
    assert (first["ruleId"], first["level"]) == ("B608", "error")
    assert first["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 1, "charOffset": 4, "charLength": 56,
    }  # fmt: skip


@pytest.mark.parametrize("hostile", [False, True])
def test_code_quality_has_the_fields_that_gitlab_reads(hostile):
    comparison, verdict, _, samples = bundle(hostile=hostile)
    issues = json.loads(code_quality(comparison, verdict, samples, "suite.yaml"))
    for issue in issues:
        assert set(issue) == {"check_name", "description", "fingerprint", "severity", "location"}
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert issue["location"]["lines"]["begin"] >= 1
        assert not re.search(r"[\x00-\x1f\u202e]", issue["description"])
    stopped = [i for i in issues if i["location"]["path"] == "suite.yaml"]
    assert len(stopped) == sum(len(c.stopping) + (c.status == "refused") for c in candidates(comparison, verdict))


def test_code_quality_names_the_line_of_a_finding_and_never_the_bases():
    comparison, _, _, samples = bundle()
    row = samples[samples["task"] == "python_functions"].iloc[0]
    finding = {"rule": "B608", "severity": "high", "reason": "SQL", "span": [3, 4], "cwe": "CWE-89"}
    rows = [{**row, "model": m, "response": "a\n\nb", "findings": [finding]} for m in ("base", "careless")]
    issues = json.loads(code_quality(comparison, None, pd.DataFrame(rows), "suite.yaml"))
    found = [i for i in issues if i["check_name"] == "B608"]
    assert [(i["location"]["lines"]["begin"], i["severity"]) for i in found] == [(3, "critical")]
