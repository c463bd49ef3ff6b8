"""What became of each candidate, in the words that every report uses."""

from dataclasses import dataclass
from typing import Literal

from harness.records import Comparison, ModelRow, RuleVerdict, Verdict

Status = Literal["pass", "fail", "inconclusive", "unavailable", "waived", "refused"]

#: A mark for each decision that does not rest on colour.
GLYPH: dict[str, str] = {
    "pass": "✓", "fail": "✗", "inconclusive": "?", "unavailable": "!", "waived": "~", "refused": "⊘",
}  # fmt: skip
_WORST_FIRST = ("fail", "unavailable", "inconclusive", "waived", "pass")


@dataclass(frozen=True)
class Candidate:
    """One candidate, the decision on it, and its rules, those that stopped it first."""

    name: str
    status: Status
    reason: str
    rules: tuple[RuleVerdict, ...]

    @property
    def stopping(self) -> tuple[RuleVerdict, ...]:
        """The rules that keep it from passing."""
        return tuple(r for r in self.rules if r.stops)

    @property
    def waived(self) -> tuple[RuleVerdict, ...]:
        """The rules that are not met and that somebody answers for."""
        return tuple(r for r in self.rules if r.decision == "waived")

    @property
    def deciding(self) -> tuple[RuleVerdict, ...]:
        """Up to six rules to name first: what stopped the candidate or was waived, or else the gains it passed for."""
        gains = tuple(sorted(self.rules, key=lambda r: not r.rule.startswith("better")))
        return self.stopping[:6] or self.waived[:6] or gains[:3]

    @property
    def next_step(self) -> str:
        """What to do now; empty for a refused adapter, whose reason says it."""
        decided = {rule.decision for rule in self.rules}
        if "unavailable" in decided:
            return "make possible what could not be checked (its evidence says why), then run the suite again"
        if "fail" in decided:
            return "open the samples that speak against it, mend its data or recipe, and train again"
        if "inconclusive" in decided:
            needed = [r.samples_needed for r in self.rules if r.decision == "inconclusive"]
            if all(needed):
                more = max(count or 0 for count in needed)
                return f"ask about {more:,} more samples (a larger limit, or more data), and run the suite again"
            return "read what would settle each undecided rule: for some, more samples would not"
        if self.waived:
            return "see below who answers for what was waived, until when"
        return "keep it (harness adapters register), then ship it" if self.status == "pass" else ""

    @property
    def sentence(self) -> str:
        """What a reviewer needs to know first."""
        failed = sum(r.decision == "fail" for r in self.rules)
        missing = sum(r.decision == "unavailable" for r in self.rules)
        open_ = sum(r.decision == "inconclusive" for r in self.rules)
        parts = [
            f"{count} {word}"
            for count, word in ((failed, "failed"), (missing, "could not be checked"), (open_, "undecided"))
            if count
        ]
        if self.status == "refused":
            return f"refused before evaluation: {self.reason}"
        if self.status == "pass":
            if self.waived:
                return f"may ship: {_rules(len(self.rules) - len(self.waived))} passed, {len(self.waived)} waived"
            return f"may ship: {_rules(len(self.rules))} passed"
        opening = {"fail": "must not ship", "inconclusive": "cannot be decided yet"}.get(self.status, "must not ship")
        of = f" of {_rules(len(self.rules))}" if self.rules else "no rule was checked"
        return f"{opening}: {', '.join(parts)}{of}"


def candidates(comparison: Comparison, verdict: Verdict | None) -> list[Candidate]:
    """Every candidate and every refused model, in the comparison's order."""
    decided = verdict.candidates if verdict else {}
    rows = {m.name: m for m in comparison.models}
    names = [m.name for m in comparison.models if m.name in decided or m.status == "refused"]
    names += [name for name in decided if name not in rows]
    return [_candidate(name, rows.get(name), verdict) for name in names]


def headline(found: list[Candidate]) -> str:
    """One sentence over all candidates: ``1 of 3 candidates may ship: careful.``"""
    if not found:
        return ""
    passed = [c.name for c in found if c.status == "pass"]
    undecided = sum(c.status == "inconclusive" for c in found)
    if len(found) == 1:
        name, status = found[0].name, found[0].status
        unknown = f"Whether {name} may ship cannot be decided yet."
        return {"pass": f"{name} may ship.", "inconclusive": unknown}.get(status, f"{name} must not ship.")
    yet = f" {undecided} cannot be decided yet." if undecided else ""
    if not passed:
        return f"None of {len(found)} candidates may ship{' so far' if undecided else ''}.{yet}"
    return f"{len(passed)} of {len(found)} candidates may ship: {', '.join(passed)}.{yet}"


def certainty(verdict: Verdict | None) -> str:
    """How sure a verdict is, as far as its rules have intervals: the chances of either error."""
    levels = [rule.interval.level for rule in verdict.rules if rule.interval] if verdict else []
    if not levels:
        return ""
    # A rule's interval is two-sided at twice the rule's error rate.
    error = 50 * (1 - min(levels))
    shown = " to ".join(dict.fromkeys(f"{100 * level:.3g}%" for level in (min(levels), max(levels))))
    return (
        f"How sure: a candidate that does not meet its rules passes with a chance of at most {error:.2g}%; one that "
        f"meets them all fails with a chance of at most {error:.2g}% (Holm over its rules). Rules show {shown} "
        "intervals, because a pass rests on one end alone."
    )


def _candidate(name: str, row: ModelRow | None, verdict: Verdict | None) -> Candidate:
    own = [r for r in verdict.rules if r.candidate == name] if verdict else []
    rules = tuple(sorted(own, key=lambda r: _WORST_FIRST.index(r.decision)))
    if row is not None and row.status == "refused":
        return Candidate(name, "refused", row.reason or "it failed a check", ())  # its rules only repeat the reason
    assert verdict is not None  # only refused models are listed without a verdict
    return Candidate(name, verdict.candidates[name], "", rules)


def _rules(count: int) -> str:
    return "1 rule" if count == 1 else f"{count} rules"
