"""What each rule decides, what is refused, and what is never passed."""

import json

import pytest

from harness.gate import decide
from harness.records import Comparison, InputError, Rule, Verdict
from tests.gate.counts import comparison, difference, figure, flips


def one(comparison, **rule):
    verdict = decide(comparison, [Rule(tasks="q", **rule)])
    return verdict.rules[0]


def test_no_worse_passes_fails_or_stays_open_by_the_bound_of_the_paired_difference():
    close = one(flips(30, 35, 1000, 900), rule="no_worse", margin=0.05)
    far = one(flips(5, 95, 1000, 880), rule="no_worse", margin=0.05)
    open_ = one(flips(3, 6, 100, 80), rule="no_worse", margin=0.05)
    assert [close.decision, far.decision, open_.decision] == ["pass", "fail", "inconclusive"]
    assert close.interval.low > -0.05 > far.interval.high
    assert open_.interval.low < -0.05 < open_.interval.high
    assert close.p_value <= 0.05
    assert far.adjusted_p_value <= 0.05
    assert open_.samples_needed > 0
    assert f"{open_.samples_needed:,} more samples" in open_.evidence


def test_better_passes_only_where_the_margin_is_beaten():
    gained = flips(120, 20, 1000, 700)
    assert one(gained, rule="better", margin=0.05).decision == "pass"
    assert one(gained, rule="better", margin=0.2).decision == "fail"
    assert one(gained, rule="better", margin=0.1).decision == "inconclusive"
    assert one(flips(20, 120, 1000, 700), rule="better").decision == "fail"
    assert one(flips(0, 0, 1000, 700), rule="better").decision == "inconclusive"


def test_equivalent_passes_only_where_both_ends_are_shown():
    equal = flips(10, 10, 1000, 900)
    assert one(equal, rule="equivalent", margin=0.02).decision == "pass"
    assert one(equal, rule="equivalent", margin=0.005).decision == "inconclusive"
    for moved in (flips(100, 5, 1000, 800), flips(5, 100, 1000, 800)):
        assert one(moved, rule="equivalent", margin=0.2).decision == "pass"
        gone = one(moved, rule="equivalent", margin=0.02)
        assert gone.decision == "fail"
        assert gone.rule == "equivalent to base within 0.02"
        assert "must lie within ±0.020" in gone.evidence
    assert one(flips(3, 3, 100, 90), rule="no_worse", margin=0.06).decision == "pass"
    gain_only = one(flips(40, 1, 1000, 900), rule="equivalent", margin=0.04)
    assert gain_only.decision == "inconclusive", "a gain of about the margin is not equivalence"
    with pytest.raises(ValueError, match="needs a margin above 0"):
        Rule(tasks="q", rule="equivalent")


def test_rules_turn_with_the_direction_of_the_metric():
    less_harm = flips(2, 80, 1000, 5, greater=False)
    assert one(less_harm, rule="better", margin=0.05).decision == "pass"
    more_harm = flips(80, 2, 1000, 5, greater=False)
    worse = one(more_harm, rule="no_worse", margin=0.02)
    assert (worse.decision, worse.bound) == ("fail", 0.02)
    assert worse.samples[0] == "up0"
    assert one(flips(5, 5, 1000, 5, greater=False), rule="no_worse", margin=0.02).decision == "pass"


@pytest.mark.parametrize(
    ("failed", "n", "value", "decision"),
    [
        (0, 500, 0.01, "pass"),
        (0, 100, 0.01, "inconclusive"),
        (40, 500, 0.01, "fail"),
        (0, 100, 0.0, "pass"),
        (1, 100, 0.0, "fail"),
        (100, 100, 1.0, "pass"),
    ],
)
def test_at_most_is_held_against_the_figures_own_error(failed, n, value, decision):
    harm = comparison([figure("q", "new", failed, n, metric="unsafe", greater=False, failed=["bad"] * bool(failed))])
    verdict = one(harm, rule="at_most", value=value)
    assert verdict.decision == decision
    assert verdict.samples == ["bad"] * bool(failed)


@pytest.mark.parametrize(
    ("right", "value", "decision"),
    [
        (96, 0.9, "pass"),
        (90, 0.9, "inconclusive"),
        (70, 0.9, "fail"),
        (100, 1.0, "pass"),
        (99, 1.0, "fail"),
        (0, 0, "pass"),
    ],
)
def test_at_least_is_held_against_the_figures_own_error(right, value, decision):
    assert one(comparison([figure("q", "new", right, 100)]), rule="at_least", value=value).decision == decision


def test_the_samples_that_speak_against_the_candidate_come_with_the_rule():
    assert one(flips(1, 3, 100, 80), rule="no_worse", margin=0.1).samples == ["down0", "down1", "down2"]
    wrong = comparison([figure("q", "new", 98, 100, failed=["a", "b"])])
    assert one(wrong, rule="at_least", value=0.9).samples == ["a", "b"]
    assert one(wrong, rule="at_most", value=0.9).samples == []


def test_evidence_is_a_sentence_with_the_figures():
    verdict = one(flips(30, 42, 1000, 911), rule="no_worse", margin=0.05)
    low, high = verdict.interval.low, verdict.interval.high
    assert verdict.evidence == (
        f"0.953 -> 0.941, difference -0.012 [{low:+.3f}, {high:+.3f}] over 1000 pairs (30 gained, 42 lost); "
        "must stay above -0.050"
    )
    assert verdict.rule == "no_worse than base by 0.05"


def test_a_margin_of_zero_that_cannot_pass_says_so():
    assert "give the rule a margin" in one(flips(2, 2, 100, 90), rule="no_worse").evidence


def test_a_gate_without_rules_or_candidates_is_refused():
    with pytest.raises(InputError, match="the gate has no rules"):
        decide(flips(0, 0, 10, 10), [])
    with pytest.raises(InputError, match="no candidate"):
        decide(comparison([figure("q", "base", 5, 10)], models=("base",)), [Rule(tasks="q", rule="at_least", value=0)])


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"tasks": "w", "rule": "better"}, "no task matches 'w'"),
        ({"tasks": ["q", "tag:none"], "rule": "better"}, "no task matches 'tag:none'"),
        ({"tasks": [], "rule": "better"}, "names no task"),
        ({"tasks": "q", "metric": "acuracy", "rule": "better"}, "did you mean 'accuracy'"),
        ({"tasks": "q", "rule": "better", "than": "bse"}, "did you mean 'base'"),
    ],
)
def test_a_rule_about_what_is_not_there_is_refused(rule, message):
    with pytest.raises(InputError, match=message):
        decide(flips(5, 5, 100, 50), [Rule(**rule)])


def test_selectors_choose_by_name_tag_and_pattern_each_task_once():
    three = comparison(
        [figure(t, "new", 9, 10) for t in ("qa_one", "qa_two", "other")],
        tasks=("qa_one", "qa_two", "other"),
        tags=("medical-safety",),
    )

    def chosen(*selectors):
        verdict = decide(three, [Rule(tasks=list(selectors), rule="at_least", value=0.1)])
        return [r.task for r in verdict.rules]

    assert chosen("qa_*") == ["qa_one", "qa_two"]
    assert chosen("other", "tag:medical*") == ["other", "qa_one", "qa_two"]


def test_a_refused_candidate_is_unavailable_on_every_rule_and_fails():
    bundle = comparison(
        [figure("q", m, 95, 100) for m in ("base", "new")], [difference("q", 0, 0, 100)], refused=("dead",)
    )
    rules = [Rule(tasks="q", rule="no_worse", margin=0.05), Rule(tasks="q", rule="at_least", value=0.5)]
    verdict = decide(bundle, rules)
    assert verdict.candidates == {"new": "pass", "dead": "fail"}
    dead = [r for r in verdict.rules if r.candidate == "dead"]
    assert [r.decision for r in dead] == ["unavailable"] * 2
    assert all("changes nothing" in r.evidence for r in dead)
    assert verdict.exit_status == 1


def test_what_was_not_measured_never_passes():
    no_samples = comparison([figure("q", "base", 9, 10), figure("q", "new", 0, 0)])
    unjudged = comparison([figure("q", "base", 9, 10), figure("q", "new", 0, 0, unscorable=10)])
    no_figure = comparison([figure("q", "base", 9, 10)])
    no_pairs = comparison([figure("q", m, 9, 10) for m in ("base", "new")])
    nothing = comparison()
    rules = {"at_least": {"value": 0.0}, "no_worse": {"margin": 0.5}}
    for bundle in (no_samples, unjudged, no_figure, nothing):
        for rule, options in rules.items():
            assert one(bundle, rule=rule, **options).decision == "unavailable"
    assert one(no_pairs, rule="no_worse", margin=0.5).decision == "unavailable"
    assert decide(no_pairs, [Rule(tasks="q", rule="no_worse", margin=0.5)]).exit_status == 1


def test_too_many_samples_without_judgement_make_a_rule_unavailable():
    harmless = comparison([figure("q", "new", 0, 900, greater=False, unscorable=100)])
    assert one(harmless, rule="at_most", value=0.01).decision == "unavailable"
    assert one(harmless, rule="at_most", value=0.01, max_unscorable=0.1).decision == "pass"


def test_the_verdict_is_that_of_the_worst_candidate():
    def bundle(**right):
        return comparison([figure("q", m, k, 100) for m, k in right.items()], models=("base", *right))

    rule = [Rule(tasks="q", rule="at_least", value=0.9)]
    assert decide(bundle(a=97, b=98), rule).exit_status == 0
    assert decide(bundle(a=97, b=91), rule).exit_status == 4
    both = decide(bundle(a=50, b=91), rule)
    assert (both.exit_status, both.decision, both.candidates) == (1, "fail", {"a": "fail", "b": "inconclusive"})
    assert list(decide(bundle(a=50, b=97), rule, candidates=["b"]).candidates) == ["b"]
    with pytest.raises(InputError, match="unknown candidate 'c'"):
        decide(bundle(a=50), rule, candidates=["c"])


def test_a_model_that_only_serves_as_reference_is_no_candidate():
    bundle = comparison(
        [figure("q", m, 90, 100) for m in ("base", "new", "other")],
        [difference("q", 30, 2, 100, candidate="new", reference="other")],
        models=("base", "new", "other"),
    )
    verdict = decide(bundle, [Rule(tasks="q", rule="better", than="other")])
    assert verdict.candidates == {"new": "pass"}


def test_a_gate_needs_nothing_but_the_comparisons_json():
    bundle = flips(30, 35, 1000, 900)
    rules = [Rule(tasks="q", rule="no_worse", margin=0.05), Rule(tasks="q", rule="at_least", value=0.9)]
    again = Comparison.model_validate(json.loads(bundle.model_dump_json()))
    verdict = decide(again, rules)
    assert verdict == decide(bundle, rules)
    assert Verdict.model_validate_json(verdict.model_dump_json()) == verdict


def test_a_damaged_estimate_is_refused_in_one_line():
    bundle = comparison([figure("q", "new", 9, 10).model_copy(update={"estimate": {"kind": "rate", "trials": 3}})])
    with pytest.raises(InputError, match="damaged"):
        one(bundle, rule="at_least", value=0.5)


# Decisions of NVIDIA NeMo Evaluator's `nel gate` that users should not meet here.


def test_an_empty_policy_never_passes():
    with pytest.raises(InputError) as refused:
        decide(flips(40, 0, 1319, 1000), [])
    assert refused.value.exit_status == 2


@pytest.mark.parametrize("rule", [{"rule": "no_worse"}, {"rule": "no_worse", "margin": 0.01}, {"rule": "better"}])
def test_no_regressions_and_forty_improvements_on_1319_pairs_pass(rule):
    assert one(flips(40, 0, 1319, 1000), **rule).decision == "pass"
