"""What a rule reads in a comparison: the metric on a task, and the model it compares with."""

from harness.records import Comparison, InputError, Rule, TaskRow, nearest
from harness.records.selection import chosen_metric, findings_name


def metric_of(rule: Rule, task: TaskRow, comparison: Comparison) -> str | None:
    """The metric that a rule reads on a task; None where the task has no figure.

    Raises:
        InputError: the task has no metric of that name.
    """
    known = dict.fromkeys(figure.metric for figure in comparison.figures if figure.task == task.name)
    name = chosen_metric(rule, task.name, list(known))
    return findings_name(name, rule.least_severity) if name and rule.rule == "no_new_findings" else name


def reference_model(rule: Rule, comparison: Comparison) -> str | None:
    """The model that a rule compares with; None for rules on the candidate's own figure.

    Raises:
        InputError: the rule names a model that the comparison does not know.
    """
    if not rule.compares:
        return None
    name = {"base": comparison.base, "baseline": comparison.baseline, None: comparison.baseline}.get(
        rule.than, rule.than
    )
    known = [model.name for model in comparison.models]
    if name not in known:
        where = f"gate rule {rule.rule}"
        raise InputError(f"unknown model {name!r}", where=where, mend=nearest(str(name), [*known, "base", "baseline"]))
    return name
