"""The words of a verdict: a rule as a phrase, and the figures that decided it as a sentence."""

from harness.gate.trials import Trial
from harness.records import Decision, Interval
from harness.stats.sequential import METHOD


def rule_text(trial: Trial) -> str:
    """The rule in words: ``no_worse than base by 0.05``, ``at_most 0.01``."""
    rule = trial.rule
    if trial.reference is None:
        return f"{rule.rule} {rule.value:g}"
    if rule.forgets:
        return f"{rule.rule} {rule.value:g} against {trial.reference}"
    if rule.rule == "no_new_findings":
        return f"no_new_findings of severity {rule.least_severity} or worse against {trial.reference}"
    if rule.rule == "equivalent":
        return f"equivalent to {trial.reference} within {rule.margin:g}"
    by = f" by {rule.margin:g}" if rule.margin else ""
    return f"{rule.rule} than {trial.reference}{by}"


def sentence(
    trial: Trial,
    decision: Decision,
    interval: Interval | None,
    samples_needed: int | None,
    adjusted_p: float,
    family: int,
) -> str:
    """One sentence with the figures behind a decision.

    Args:
        adjusted_p: Of "the rule is met", after Holm over ``family`` tests.
    """
    if trial.missing:
        return trial.missing
    parts = [_observed(trial, interval), _demand(trial)]
    if decision == "fail" and trial.rule.rule != "no_new_findings":
        over = f", Holm over {family} rules" if family > 1 else ""
        parts.append(f"it does not (p {_p_value(adjusted_p)}{over})")
    if decision == "inconclusive":
        parts.append(_what_would_settle(trial, samples_needed))
    if trial.taken:
        parts.append(f"{trial.taken[0]:,} of {trial.taken[1]:,} samples taken, {METHOD}")
    return "; ".join(parts)


def _observed(trial: Trial, interval: Interval | None) -> str:
    difference, figure = trial.difference, trial.figure
    if difference is not None:
        shown = _range(interval, trial, signed=True)
        return (
            f"{_number(difference.reference_value, trial)} -> {_number(difference.candidate_value, trial)}, "
            f"difference {_number(difference.difference, trial, signed=True)}{shown} over {difference.pairs} pairs "
            f"({difference.gained_count} gained, {difference.lost_count} lost)"
        )
    value, samples = (figure.value or 0.0, figure.samples) if figure else (0.0, 0)
    counts = figure.breakdown if figure and trial.rule.forgets else {}
    flipped = f" ({counts['forgot']:g} forgot, {counts['learned']:g} learned)" if "forgot" in counts else ""
    return f"{_number(value, trial)}{_range(interval, trial)} over {samples} samples{flipped}"


def _demand(trial: Trial) -> str:
    if trial.rule.rule == "no_new_findings":
        new = trial.difference.lost_count if trial.difference else 0
        return f"no sample may have a new one, {new or 'none'} {'has' if new <= 1 else 'have'}"
    if trial.rule.rule == "equivalent":
        return f"must lie within ±{_number(trial.bound or 0.0, trial)}"
    bound = _number(trial.bound or 0.0, trial, signed=trial.difference is not None)
    if trial.difference is not None:
        verb = "stay" if trial.rule.rule == "no_worse" else "lie"
        return f"must {verb} {'above' if trial.must_exceed else 'below'} {bound}"
    return f"must be {'at least' if trial.must_exceed else 'at most'} {bound}"


def _what_would_settle(trial: Trial, samples_needed: int | None) -> str:
    if trial.difference is not None and trial.rule.rule == "no_worse" and not trial.rule.margin:
        return "not shown: without a margin only a proven gain can pass, so give the rule a margin"
    if samples_needed is None:
        return "not shown: the figure lies on the bound, which no number of samples can tell apart"
    return f"not shown either way: about {samples_needed:,} more samples would decide it"


def _range(interval: Interval | None, trial: Trial, *, signed: bool = False) -> str:
    if interval is None:
        return ""
    return f" [{_number(interval.low, trial, signed=signed)}, {_number(interval.high, trial, signed=signed)}]"


def _number(value: float, trial: Trial, *, signed: bool = False) -> str:
    """Enough places to tell the value from the bound: three for rates, two for scores up to 100."""
    figure = abs(trial.figure.value or 0.0) if trial.figure else 0.0
    places = 3 if max(figure, abs(trial.bound or 0.0)) <= 2 else 2
    written = f"{abs(trial.bound or 0.0):.10f}".rstrip("0").partition(".")[2]
    places = min(6, max(places, len(written)))
    # Without this a difference of -0.0001 would read "-0.000".
    rounded = round(value, places) + 0.0
    return f"{rounded:+.{places}f}" if signed and rounded else f"{rounded:.{places}f}"


def _p_value(p: float) -> str:
    return "< 0.0001" if p < 0.0001 else f"= {p:.4f}"
