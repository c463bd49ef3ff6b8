"""Waivers: shown as waived, by whom and until when; ended ones are none; what was not checked only explicitly."""

from datetime import date

import pytest

from harness.gate import decide
from harness.gate.of_run import Policy, read_policy
from harness.records import InputError, Rule, Verdict, Waiver
from harness.reports import annotations, junit_xml, markdown_report
from tests.gate.counts import comparison, difference, figure, flips

LOST = flips(5, 95, 1000, 880)
RULES = [Rule(tasks="q", rule="no_worse", margin=0.05), Rule(tasks="q", rule="at_least", value=0.5)]
WAIVER = {"tasks": "q", "reason": "labels under review", "owner": "release@example.org", "until": "2026-03-31"}
DAY = date(2026, 3, 31)


def gated(bundle=LOST, rules=RULES, today=DAY, **waiver):
    return decide(bundle, rules, waivers=[Waiver.model_validate(WAIVER | waiver)], today=today)


def test_a_waived_rule_lets_the_candidate_pass_and_says_by_whom_why_and_until_when():
    assert decide(LOST, RULES).decision == "fail"
    verdict = gated()
    assert (verdict.decision, verdict.exit_status, verdict.candidates) == ("pass", 0, {"new": "pass"})
    waived = verdict.rules[0]
    assert (waived.decision, waived.waives, waived.waiver.owner) == ("waived", "fail", "release@example.org")
    assert waived.evidence.endswith("fail, waived until 2026-03-31 by release@example.org: labels under review")
    assert verdict.rules[1].decision == "pass" and verdict.rules[1].waiver is None
    assert Verdict.model_validate_json(verdict.model_dump_json()) == verdict


def test_a_waiver_that_has_ended_is_none_and_is_named():
    verdict = gated(today=date(2026, 4, 1))
    assert verdict.decision == "fail"
    assert verdict.rules[0].evidence.endswith("the waiver by release@example.org ended on 2026-03-31")


@pytest.mark.parametrize(
    "narrow",
    [{"rule": "at_most"}, {"metric": "f1"}, {"candidate": "other"}, {"tasks": "p"}],
    ids=lambda n: next(iter(n)),
)
def test_a_waiver_covers_no_more_than_it_names(narrow):
    both = LOST.model_copy(update={"tasks": [*LOST.tasks, LOST.tasks[0].model_copy(update={"name": "p"})]})
    assert gated(both, **narrow).decision == "fail"
    assert gated(both, rule="no_worse", metric="accuracy", candidate="new").decision == "pass"


def test_what_was_not_checked_is_waived_only_explicitly():
    unchecked = comparison([figure("q", "base", 9, 10), figure("q", "new", 0, 0, unscorable=10)])
    rule = [Rule(tasks="q", rule="at_least", value=0.5)]
    assert gated(unchecked, rule).decision == "fail"
    assert gated(unchecked, rule, unavailable=True).decision == "pass"


def test_a_waived_rule_still_counts_among_the_many():
    """A waiver changes no test: another rule must not fail the easier because one was waived."""
    two = comparison(
        [figure(task, model, 900, 1000) for task in ("q", "p") for model in ("base", "new")],
        [difference(task, 20, 96, 1000, both=800) for task in ("q", "p")],
        tasks=("q", "p"),
    )
    rules = [Rule(tasks=["q", "p"], rule="no_worse", margin=0.05)]
    plain = {rule.task: rule.adjusted_p_value for rule in decide(two, rules).rules}
    assert {rule.task: rule.adjusted_p_value for rule in gated(two, rules).rules} == plain


def test_a_waiver_about_what_is_not_there_or_without_an_end_is_refused(tmp_path):
    with pytest.raises(InputError, match="policy waiver: no task matches 'w'"):
        gated(tasks="w")
    path = tmp_path / "policy.yaml"
    path.write_text("policy: p\nrules: [{tasks: q, rule: better}]\nwaivers: [{tasks: q, reason: r, owner: o}]\n")
    with pytest.raises(InputError, match=r"policy.yaml:3.*until"):
        read_policy(path)
    path.write_text(path.read_text().replace("owner: o", "owner: o, until: 2026-03-31"))
    assert isinstance(read_policy(path), Policy)


def test_reports_show_what_was_waived():
    verdict = gated()
    assert "may ship: 1 rule passed, 1 waived" in markdown_report(LOST, verdict)
    assert "<skipped>" in junit_xml(LOST, verdict) and 'skipped="1"' in junit_xml(LOST, verdict)
    assert annotations(LOST, verdict)[0].startswith("::notice ")
