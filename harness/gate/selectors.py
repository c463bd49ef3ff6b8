"""What a rule covers: its tasks, the metric on each, and the model it compares with."""

from fnmatch import fnmatchcase

from harness.records import Comparison, InputError, Rule, TaskRow, nearest


def selected_tasks(rule: Rule, comparison: Comparison) -> list[TaskRow]:
    """The tasks that a rule names: by name, by ``tag:NAME``, or by a pattern with ``*`` in either.

    Raises:
        InputError: a selector matches no task, or there are no selectors.
    """
    chosen: dict[str, TaskRow] = {}
    for selector in rule.selectors:
        found = [task for task in comparison.tasks if _matches(task, selector)]
        if not found:
            known = [task.name for task in comparison.tasks]
            known += sorted({f"tag:{tag}" for task in comparison.tasks for tag in task.tags})
            raise InputError(
                f"no task matches {selector!r}", where=f"gate rule {rule.rule}", mend=nearest(selector, known)
            )
        chosen.update({task.name: task for task in found})
    if not chosen:
        raise InputError("names no task", where=f"gate rule {rule.rule}", mend="give it tasks")
    return list(chosen.values())


def chosen_metric(rule: Rule, task: TaskRow, comparison: Comparison) -> str | None:
    """The metric that a rule reads on a task: the one it names, else the task's first; None without any figure.

    Raises:
        InputError: the task has no metric of that name.
    """
    known = list(dict.fromkeys(figure.metric for figure in comparison.figures if figure.task == task.name))
    if rule.metric is None or not known:
        return known[0] if known else rule.metric
    if rule.metric not in known:
        where = f"gate rule {rule.rule} on {task.name}"
        raise InputError(f"no metric {rule.metric!r}", where=where, mend=nearest(rule.metric, known))
    return rule.metric


def reference_model(rule: Rule, comparison: Comparison) -> str | None:
    """The model that ``better`` and ``no_worse`` compare with; None for rules on the candidate's own figure.

    Raises:
        InputError: the rule names a model that the comparison does not know.
    """
    if rule.rule in ("at_most", "at_least"):
        return None
    name = {"base": comparison.base, "baseline": comparison.baseline, None: comparison.baseline}.get(
        rule.than, rule.than
    )
    known = [model.name for model in comparison.models]
    if name not in known:
        where = f"gate rule {rule.rule}"
        raise InputError(f"unknown model {name!r}", where=where, mend=nearest(str(name), [*known, "base", "baseline"]))
    return name


def _matches(task: TaskRow, selector: str) -> bool:
    if selector.startswith("tag:"):
        return any(fnmatchcase(tag, selector.removeprefix("tag:")) for tag in task.tags)
    return task.name == selector or fnmatchcase(task.name, selector)
