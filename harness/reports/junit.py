"""JUnit XML: one suite a candidate, one case a rule. What did not pass is a failure or an error, never a skip."""

from xml.etree import ElementTree as ET

from harness.records import Comparison, RuleVerdict, Verdict
from harness.reports.outcome import Candidate, candidates
from harness.reports.visible import one_line, visible


def junit_xml(comparison: Comparison, verdict: Verdict | None) -> str:
    """JUnit as Jenkins, GitLab and GitHub's reporters read it.

    A failed or inconclusive rule is a failure (its type says which), an unavailable check and a refused adapter are
    errors: CI systems show skipped cases as green, and evidence that does not suffice must not look so. Only what
    somebody waived is skipped.
    """
    root = ET.Element("testsuites", name=one_line(comparison.suite))
    total = {"tests": 0, "failures": 0, "errors": 0}
    for candidate in candidates(comparison, verdict):
        suite = _suite(candidate, comparison.suite)
        root.append(suite)
        for key in total:
            total[key] += int(suite.get(key, 0))
    root.attrib.update({key: str(count) for key, count in total.items()})
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(candidate: Candidate, suite_name: str) -> ET.Element:
    name = one_line(candidate.name)
    suite = ET.Element("testsuite", name=name)
    classname = f"{one_line(suite_name)}.{name}"
    for rule in candidate.rules:
        _case(suite, classname, rule)
    if candidate.status == "refused" or not candidate.rules:
        case = ET.SubElement(suite, "testcase", name="is evaluated", classname=classname, time="0")
        message = one_line(candidate.sentence, 600)
        ET.SubElement(case, "error", message=message, type=candidate.status).text = message
    kinds = {"tests": "", "failures": "/failure", "errors": "/error", "skipped": "/skipped"}
    suite.attrib.update({kind: str(len(suite.findall(f"testcase{path}"))) for kind, path in kinds.items()})
    suite.set("time", "0")
    return suite


def _case(suite: ET.Element, classname: str, rule: RuleVerdict) -> None:
    name = one_line(f"{rule.task} · {rule.metric} · {rule.rule}")
    case = ET.SubElement(suite, "testcase", name=name, classname=classname, time="0")
    if rule.decision == "pass":
        return
    if rule.decision == "waived":
        ET.SubElement(case, "skipped").text = one_line(rule.evidence, 600)
        return
    tag = "error" if rule.decision == "unavailable" else "failure"
    problem = ET.SubElement(case, tag, message=one_line(rule.evidence, 600), type=rule.decision)
    lines = [visible(rule.evidence)]
    if rule.samples:
        lines += ["samples that speak against the candidate:", *(one_line(key) for key in rule.samples)]
    problem.text = "\n".join(lines)
