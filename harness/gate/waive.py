"""Waivers applied to a verdict: what is let through is shown as waived, by whom and why, and so is what has ended."""

from collections.abc import Sequence
from datetime import date

from harness.records import Comparison, RuleVerdict, Waiver
from harness.records.selection import TOGETHER, select


def waived(
    rules: Sequence[RuleVerdict], waivers: Sequence[Waiver], comparison: Comparison, today: date
) -> list[RuleVerdict]:
    """The same rules, those that are not met and that a waiver covers marked as waived.

    Raises:
        InputError: a waiver names a task that is not there.
    """
    known = [*comparison.tasks, TOGETHER]
    covers = [{task.name for task in select(w.selectors, known, where="policy waiver")} for w in waivers]
    found = []
    for rule in rules:
        fitting = [w for w, tasks in zip(waivers, covers, strict=True) if rule.task in tasks and _fits(w, rule)]
        found.append(_apply(rule, fitting, today) if rule.stops else rule)
    return found


def _fits(waiver: Waiver, rule: RuleVerdict) -> bool:
    return (
        (waiver.rule is None or rule.rule.split()[0] == waiver.rule)
        and waiver.metric in (None, rule.metric)
        and waiver.candidate in (None, rule.candidate)
        and (rule.decision != "unavailable" or waiver.unavailable)
    )


def _apply(rule: RuleVerdict, waivers: Sequence[Waiver], today: date) -> RuleVerdict:
    for waiver in waivers:
        if today <= waiver.until:
            note = f"{rule.decision}, waived until {waiver.until} by {waiver.owner}: {waiver.reason}"
            evidence = f"{rule.evidence}; {note}"
            return rule.model_copy(
                update={"decision": "waived", "waives": rule.decision, "waiver": waiver, "evidence": evidence}
            )
    ended = "; ".join(f"the waiver by {waiver.owner} ended on {waiver.until}" for waiver in waivers)
    return rule.model_copy(update={"evidence": f"{rule.evidence}; {ended}"}) if ended else rule
