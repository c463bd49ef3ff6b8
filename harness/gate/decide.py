"""From a comparison and rules to a verdict. Needs no samples and no model: comparison.json is enough.

A rule passes where its own test shows that it is met; a candidate passes where every rule does, so no correction is
needed: one rule that is not met is wrongly passed with at most the rule's error rate, whatever the others say
(intersection-union, Berger 1982). A candidate fails where *any* rule is shown not to be met, which many rules make
ever more likely by chance: those tests are one family, adjusted by Holm. The family is one candidate's rules, so that
adding another candidate to a suite changes nothing for the first.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import date

from harness.gate.evidence import rule_text, sentence
from harness.gate.trials import Docket, Trial
from harness.gate.waive import waived
from harness.records import Comparison, Decision, InputError, Interval, Rule, RuleVerdict, Verdict, Waiver, nearest
from harness.records.selection import selected_tasks
from harness.stats import holm
from harness.stats.power import POWER

EXIT_STATUS: dict[Decision, int] = {"pass": 0, "waived": 0, "fail": 1, "unavailable": 1, "inconclusive": 4}
#: p-values are computed to about this accuracy; a bound met exactly must not hang on the last bit.
_SLACK = 1e-12


def decide(
    comparison: Comparison,
    rules: Sequence[Rule],
    *,
    candidates: Sequence[str] | None = None,
    waivers: Sequence[Waiver] = (),
    today: date | None = None,
) -> Verdict:
    """Hold each candidate against each rule.

    Args:
        rules: At least one.
        candidates: Models to decide on; all but the base and the baseline if left out.
        waivers: What is let through although it is not met. They change what a candidate is decided to be and no
            test: a waived rule still counts in the correction for many rules.
        today: On which waivers must not have ended; the date if left out.

    Returns:
        A candidate fails by any rule that failed or was unavailable, is inconclusive by any other rule that was, and
        passes otherwise (waived rules do not stop it). The verdict is that of the worst candidate.

    Raises:
        InputError: there are no rules or no candidates, or a rule names a task, metric or model that is not there.
    """
    if not rules:
        raise InputError("the gate has no rules", mend="add rules under gate:, an empty gate lets nothing pass")
    docket = Docket(comparison)
    verdicts: list[RuleVerdict] = []
    outcome: dict[str, Decision] = {}
    for candidate in _candidates(comparison, candidates):
        trials = _trials(docket, rules, candidate)
        decided = waived(_decide_family(trials), waivers, comparison, today or date.today())
        verdicts.extend(decided)
        if decided:
            outcome[candidate] = _together(verdict.decision for verdict in decided)
    if not outcome:
        raise InputError(
            "no rule applies to any candidate", mend="compare with another model than the candidate itself"
        )
    overall = _together(outcome.values())
    return Verdict(
        suite=comparison.suite,
        decision=overall,
        exit_status=EXIT_STATUS[overall],
        candidates=outcome,
        rules=verdicts,
    )


def _candidates(comparison: Comparison, wanted: Sequence[str] | None) -> list[str]:
    known = [model.name for model in comparison.models]
    for name in wanted or ():
        if name not in known:
            raise InputError(f"unknown candidate {name!r}", where="gate", mend=nearest(name, known))
    others = [name for name in known if name not in (comparison.base, comparison.baseline)]
    chosen = list(wanted) if wanted is not None else others
    if not chosen:
        raise InputError(
            "there is no candidate to decide on", where="gate", mend="add a model beside the base and the baseline"
        )
    return chosen


def _trials(docket: Docket, rules: Sequence[Rule], candidate: str) -> list[Trial]:
    put = (docket.trial(rule, task, candidate) for rule in rules for task in selected_tasks(rule, docket.tasks))
    return [trial for trial in put if trial is not None]


def _decide_family(trials: Sequence[Trial]) -> list[RuleVerdict]:
    """One candidate's trials, with failing adjusted over those that could be held at all."""
    family = sum(not trial.missing for trial in trials)
    adjusted = adjusted_p_values(trials)
    return [_rule_verdict(trial, p, family) for trial, p in zip(trials, adjusted, strict=True)]


def adjusted_p_values(trials: Sequence[Trial], unknown: int = 0) -> list[float]:
    """p-values of "the rule is met" after Holm over the trials that could be held; 1 for those that could not.

    Args:
        unknown: Rules of the same family whose p-values are not known yet, and are taken to be 1.
    """
    held = [trial.p_met for trial in trials if not trial.missing]
    adjusted = iter(holm([*held, *[1.0] * unknown]).tolist())
    return [1.0 if trial.missing else next(adjusted) for trial in trials]


def _rule_verdict(trial: Trial, adjusted_p: float, family: int) -> RuleVerdict:
    decision = decision_on(trial, adjusted_p)
    interval, needed = _interval(trial), _samples_needed(trial, decision)
    p_value = trial.p_met if decision == "fail" else trial.p_not_met
    return RuleVerdict(
        candidate=trial.candidate,
        task=trial.task,
        metric=trial.metric,
        rule=rule_text(trial),
        decision=decision,
        evidence=sentence(trial, decision, interval, needed, adjusted_p, family),
        observed=trial.estimate.value if trial.estimate else None,
        interval=interval,
        bound=trial.bound,
        p_value=None if trial.missing else p_value,
        adjusted_p_value=None if trial.missing else adjusted_p if decision == "fail" else p_value,
        samples_needed=needed,
        samples=_samples_against(trial),
        taken=trial.taken[0] if trial.taken else None,
        available=trial.taken[1] if trial.taken else None,
    )


def decision_on(trial: Trial, adjusted_p: float) -> Decision:
    """What the two tests of a trial say, the one for failing after adjustment."""
    if trial.missing:
        return "unavailable"
    level = 1 - trial.rule.confidence + _SLACK
    if trial.p_not_met <= level:
        return "pass"
    return "fail" if adjusted_p <= level else "inconclusive"


def _interval(trial: Trial) -> Interval | None:
    """Two-sided at twice the rule's error rate, so that its end on the bound's side is what a pass rests on."""
    return trial.estimate.decisive_interval(2 * trial.rule.confidence - 1) if trial.estimate else None


def _samples_needed(trial: Trial, decision: Decision) -> int | None:
    if decision != "inconclusive" or trial.estimate is None or trial.bound is None:
        return None
    bound, power = trial.bound, POWER
    if trial.rule.rule == "equivalent":
        bound = math.copysign(trial.bound, trial.estimate.value)
        # Inside, both ends have to be shown, and either may be missed.
        power = (1 + POWER) / 2 if abs(trial.estimate.value) < trial.bound else POWER
    return trial.estimate.samples_needed(bound, confidence=trial.rule.confidence, power=power)


def _samples_against(trial: Trial) -> list[str]:
    if trial.difference is not None:
        return trial.difference.lost
    if trial.figure is None or trial.figure.greater_is_better != (trial.rule.rule == "at_least"):
        return []
    return trial.figure.failed


def _together(decisions: Iterable[Decision]) -> Decision:
    seen = set(decisions)
    if seen & {"fail", "unavailable"}:
        return "fail"
    return "inconclusive" if "inconclusive" in seen else "pass"
