"""One rule put to one candidate on one task: the two tests that can decide it, before multiplicity is looked at."""

from dataclasses import dataclass, replace

from harness.gate.forgetting import lost, partly_taken
from harness.gate.selectors import metric_of, reference_model
from harness.records import Comparison, Difference, Figure, InputError, Rule, TaskRow
from harness.records.selection import sliced_name
from harness.stats import Betting, Estimate, estimate_from_json


@dataclass(frozen=True)
class Trial:
    """What there is to decide a rule by.

    Attributes:
        p_not_met: p-value of "the rule is not met": small lets the candidate pass.
        p_met: p-value of "the rule is met": small, after Holm, makes the candidate fail.
        missing: Why nothing can be decided; the p-values are then 1.
        bound: In the metric's unit, as the observed value is; for ``equivalent`` the margin on either side.
        taken: Where samples were taken until the rules were decided: how many, and of how many.
    """

    rule: Rule
    candidate: str
    task: str
    metric: str
    reference: str | None = None
    estimate: Estimate | None = None
    bound: float | None = None
    p_not_met: float = 1.0
    p_met: float = 1.0
    missing: str = ""
    figure: Figure | None = None
    difference: Difference | None = None
    taken: tuple[int, int] | None = None

    @property
    def must_exceed(self) -> bool:
        """Whether the observed value has to lie above the bound (or on it), rather than below."""
        if self.difference is not None:
            return self.difference.greater_is_better
        return self.rule.rule == "at_least"


class Docket:
    """A comparison, looked up by what a rule asks for."""

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison
        #: What rules select from.
        self.tasks = [task for task in comparison.tasks if not task.slice_of]
        self._rows = {task.name: task for task in comparison.tasks}
        self._models = {row.name: row for row in comparison.models}
        self._figures = {(f.model, f.task, f.metric): f for f in comparison.figures}
        self._differences = {(d.candidate, d.reference, d.task, d.metric): d for d in comparison.differences}

    def trial(self, rule: Rule, task: TaskRow, candidate: str) -> Trial | None:
        """Put a rule to a candidate; None where the candidate is itself what the rule compares with.

        Raises:
            InputError: the rule names a metric or model that does not exist.
        """
        if rule.forgets:
            return self._forgetting(rule, task, candidate)
        if rule.slice:
            task = self._slice(rule, task)
        metric, reference = metric_of(rule, task, self.comparison), reference_model(rule, self.comparison)
        if candidate == reference:
            return None
        taken = (task.samples, task.available) if task.looks else None
        asked = Trial(rule, candidate, task.name, metric or "", reference, taken=taken)
        if refused := self._refused(candidate, reference):
            return _missing(asked, refused)
        figure = self._figures.get((candidate, task.name, asked.metric))
        if figure is None or figure.value is None or not figure.estimate:
            return _missing(asked, _no_value(asked, figure))
        if too_few := _too_few_judged(rule, figure):
            return _missing(asked, too_few)
        if reference is None:
            return _checked(_bounded(asked, figure))
        difference = self._differences.get((candidate, reference, task.name, asked.metric))
        if difference is None:
            return _missing(asked, f"no samples of {candidate} and {reference} to compare")
        return _checked(_compared(asked, figure, difference))

    def _forgetting(self, rule: Rule, task: TaskRow, candidate: str) -> Trial | None:
        reference = reference_model(rule, self.comparison) or ""
        if candidate == reference:
            return None
        taken = partly_taken(self.comparison, rule, task.name)
        asked = Trial(rule, candidate, task.name, str(rule.measure), reference, taken=taken)
        if refused := self._refused(candidate, reference):
            return _missing(asked, refused)
        figure = lost(rule, self.comparison, candidate, reference, task.name)
        if isinstance(figure, str):
            return _missing(asked, figure)
        if too_few := _too_few_judged(rule, figure):
            return _missing(asked, too_few)
        return _checked(_bounded(asked, figure))

    def _refused(self, *names: str | None) -> str:
        """Which of some models was refused and why; empty where none was."""
        for name in names:
            if name is not None and self._models[name].status == "refused":
                return f"{name} was refused: {self._models[name].reason or 'it failed a check'}"
        return ""

    def _slice(self, rule: Rule, task: TaskRow) -> TaskRow:
        name = sliced_name(task.name, rule.slice)
        if name not in self._rows:
            raise InputError(f"the comparison has no {name!r}", where=f"gate rule {rule.rule}", mend="compare again")
        return self._rows[name]


def unjudged_share(figure: Figure) -> float:
    """The share of samples that the metric could not judge."""
    unjudged = figure.unscorable + figure.errors
    return unjudged / max(1, figure.samples + unjudged)


def _too_few_judged(rule: Rule, figure: Figure) -> str:
    share = unjudged_share(figure)
    if share <= rule.max_unscorable:
        return ""
    return f"{share:.1%} of the samples could not be judged, more than the {rule.max_unscorable:.1%} allowed"


def _no_value(asked: Trial, figure: Figure | None) -> str:
    if figure is None:
        return f"{asked.candidate} has no figure {asked.metric or '(no metric was measured)'}"
    if figure.samples == 0:
        unjudged = figure.unscorable + figure.errors
        return f"none of {unjudged} samples could be judged" if unjudged else "there are no samples"
    return f"{asked.metric} has no value on these samples"


def _missing(asked: Trial, why: str) -> Trial:
    return replace(asked, missing=why, p_not_met=1.0, p_met=1.0, estimate=None, bound=None)


def _checked(trial: Trial) -> Trial:
    """Refuse a test for a fixed number of samples on a number that the data chose."""
    if trial.taken is None or isinstance(trial.estimate, Betting):
        return trial
    why = f"samples were taken only until other rules were decided, which no test of {trial.metric} allows for"
    return _missing(trial, f"{why}: run the suite without --until-decided")


def _bounded(asked: Trial, figure: Figure) -> Trial:
    """``at_most`` and ``at_least`` on the candidate's own figure, ``forgets_at_most`` on what it lost."""
    estimate, bound = estimate_from_json(figure.estimate), float(asked.rule.value or 0.0)
    above = asked.rule.rule == "at_least"
    if _met_by_nature(estimate, bound, above):
        p_not_met, p_met = 0.0, 1.0
    elif above:
        p_not_met, p_met = estimate.p_at_most(bound), estimate.p_at_least(bound)
    else:
        p_not_met, p_met = estimate.p_at_least(bound), estimate.p_at_most(bound)
    return replace(asked, estimate=estimate, bound=bound, p_not_met=p_not_met, p_met=p_met, figure=figure)


def _met_by_nature(estimate: Estimate, bound: float, above: bool) -> bool:
    """Bounds at the ends of the scale, where no test can speak.

    ``at_most 0`` cannot be shown of the truth by any number of samples; it asks that no sample fail, and is met
    where none does and all samples were taken. ``at_most 1`` demands nothing.
    """
    low, high = estimate.limits
    if low is None or high is None:
        return False
    strict, idle = (high, low) if above else (low, high)
    if (bound <= idle) if above else (bound >= idle):
        return True
    return bound == strict and estimate.value == strict and estimate.complete


def _compared(asked: Trial, figure: Figure, difference: Difference) -> Trial:
    """``better``, ``no_worse``, ``equivalent`` and ``no_new_findings`` on the paired difference.

    The last is no statement about a population: a new finding on one of the samples breaks it, and nothing else does.
    The bound turns with the metric's direction. Equivalence is shown by two one-sided tests, the weaker of which counts
    (Schuirmann 1987); that it is missed, by either of two, which therefore share the error rate.
    """
    estimate = estimate_from_json(difference.estimate)
    if asked.rule.rule == "no_new_findings":
        p_not_met, p_met = (1.0, 0.0) if difference.lost_count else (0.0, 1.0)
        return _tested(asked, figure, difference, estimate, 0.0, (p_not_met, p_met))
    if asked.rule.rule == "equivalent":
        bound = asked.rule.margin
        p_not_met = estimate.p_equivalent(bound)
        p_met = min(1.0, 2 * min(estimate.p_at_most(bound), estimate.p_at_least(-bound)))
        return _tested(asked, figure, difference, estimate, bound, (p_not_met, p_met))
    gain = asked.rule.margin if asked.rule.rule == "better" else -asked.rule.margin
    if difference.greater_is_better:
        bound = gain
        p_not_met, p_met = estimate.p_at_most(bound), estimate.p_at_least(bound)
    else:
        bound = -gain
        p_not_met, p_met = estimate.p_at_least(bound), estimate.p_at_most(bound)
    return _tested(asked, figure, difference, estimate, bound + 0.0, (p_not_met, p_met))


def _tested(
    asked: Trial, figure: Figure, difference: Difference, estimate: Estimate, bound: float, p: tuple[float, float]
) -> Trial:
    return replace(
        asked, figure=figure, difference=difference, estimate=estimate, bound=bound, p_not_met=p[0], p_met=p[1]
    )
