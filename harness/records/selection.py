"""Which tasks and which metric a rule covers: the same answer before a run and after it."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Protocol, TypeVar

from harness.records.documents import nearest
from harness.records.errors import InputError
from harness.records.forgetting import ALL_PROBES
from harness.records.results import TaskRow
from harness.records.rule import Rule

#: What a run asks about itself (parity, noise, leakage) stands among its tasks under this tag. Patterns over names do
#: not mean it; its name and its tags do.
PROBE_TAG = "run-probe"
#: What a rule on forgetting names to mean all probes of a run together.
TOGETHER = TaskRow(name=ALL_PROBES, tags=[PROBE_TAG], fingerprint="", samples=0)


class Tagged(Protocol):
    """What is selected: a task, or the row of one."""

    @property
    def name(self) -> str: ...

    @property
    def tags(self) -> Sequence[str]: ...


AnyTask = TypeVar("AnyTask", bound=Tagged)


def selected_tasks(rule: Rule, tasks: Sequence[TaskRow]) -> list[TaskRow]:
    """The tasks that a rule names: by name, by ``tag:NAME``, or by a pattern with ``*`` in either.

    Raises:
        InputError: a selector matches no task, or there are no selectors.
    """
    known = [*tasks, TOGETHER] if rule.forgets else tasks
    return select(rule.selectors, known, where=f"gate rule {rule.rule}")


def select(selectors: Sequence[str], tasks: Sequence[AnyTask], *, where: str) -> list[AnyTask]:
    """The tasks that selectors name, each once.

    Raises:
        InputError: a selector matches no task, or there are none; ``where`` says whose they are.
    """
    chosen: dict[str, AnyTask] = {}
    for selector in selectors:
        found = [task for task in tasks if _matches(task, selector)]
        if not found:
            known = [task.name for task in tasks]
            known += sorted({f"tag:{tag}" for task in tasks for tag in task.tags})
            raise InputError(f"no task matches {selector!r}", where=where, mend=nearest(selector, known))
        chosen.update({task.name: task for task in found})
    if not chosen:
        raise InputError("names no task", where=where, mend="give it tasks")
    return list(chosen.values())


def chosen_metric(rule: Rule, task: str, known: Sequence[str]) -> str | None:
    """The metric that a rule reads on a task: the one it names, else the task's first; None where there is none.

    Raises:
        InputError: the task has no metric of that name.
    """
    if rule.metric is None or not known:
        return known[0] if known else rule.metric
    if rule.metric not in known:
        where = f"gate rule {rule.rule} on {task}"
        raise InputError(f"no metric {rule.metric!r}", where=where, mend=nearest(rule.metric, list(known)))
    return rule.metric


def _matches(task: Tagged, selector: str) -> bool:
    if selector.startswith("tag:"):
        return any(fnmatchcase(tag, selector.removeprefix("tag:")) for tag in task.tags)
    return task.name == selector or (PROBE_TAG not in task.tags and fnmatchcase(task.name, selector))


def sliced_name(task: str, wanted: Mapping[str, object]) -> str:
    """The name under which a task's samples with certain values are compared: ``sentiment[language=de]``."""
    return f"{task}[{', '.join(f'{field}={value}' for field, value in wanted.items())}]" if wanted else task


def findings_name(metric: str, severity: str) -> str:
    """The name of the share of samples with a finding of a severity or worse."""
    return f"{metric}[{severity} findings]"
