"""Says while samples are being taken which tasks have nothing left to decide: by the rules, and as `decide` will.

A rule is decided by p-values that hold at every look (`harness.stats.sequential`), so looking often costs nothing: a
candidate that does not meet a rule passes it with at most the rule's error rate, however long one samples, and Holm's
correction over the candidate's rules keeps its guarantee too, since a wrong failure needs one p-value of a rule that is
met to fall, at any look, below the rule's level divided by the number of rules that are met. Rules on tasks that are
asked whole are not known yet; they count with a p-value of 1, which can only put a decision off. What is decided stays
decided, because a p-value is the smallest over all looks.
"""

from collections.abc import Sequence

from harness.comparison import RunScores, compare_models
from harness.evaluation import Suite
from harness.evaluation.forgetting import probe_tasks
from harness.evaluation.plan import rule_rows
from harness.evaluation.sequential import Taken
from harness.gate.decide import adjusted_p_values, decision_on
from harness.gate.trials import Docket, Trial
from harness.metrics import Metric
from harness.metrics.parts import read_by
from harness.records import Comparison, InputError, Rule
from harness.records.selection import selected_tasks
from harness.tasks import Task, find_tasks


class SuiteReferee:
    """A referee over the rules of a suite."""

    def __init__(self, suite: Suite, rules: Sequence[Rule], tasks: Sequence[Task]) -> None:
        self._suite, self._rules, self._rows = suite, rules, rule_rows(suite, tasks)
        forgets = any(rule.forgets and rule.measure != "kl" for rule in rules)
        self._probes = {row.name for row in probe_tasks(suite.forgetting, self._rows)} if forgets else set()
        self._ruled = {task.name: self._metrics(task) for task in tasks}

    def ruled(self, task: Task) -> list[Metric]:
        """The metrics of a task that rules read."""
        return self._ruled[task.name]

    def why_whole(self, task: Task) -> str:
        """Why a task must be asked whole; empty where it may stop early."""
        if task.name in self._probes:
            return "what is forgotten is read from all samples"
        ruling = self._ruling(task)
        if not ruling:
            return "no rule reads it"
        if beside := [rule.metric for rule in ruling if not _of_answers(rule, task)]:
            return f"{beside[0]}: not read from answers"
        if task.repeats > 1 or task.definition.cluster is not None:
            return "its samples are not independent of each other"
        if any(rule.slice for rule in ruling):
            return "a rule reads a slice of it"
        if any(rule.rule == "no_new_findings" for rule in ruling):
            return "a rule that any sample can break needs them all"
        unbounded = [metric.name for metric in self._ruled[task.name] if metric.bounds is None]
        return f"{', '.join(unbounded)}: no mean of bounded values" if unbounded else ""

    def settled(self, taken: Taken) -> set[str]:
        """The tasks whose rules are all decided, for every candidate that was not refused."""
        comparison = self._compare(taken)
        refused = {model.name for model in comparison.models if model.status == "refused"}
        docket = Docket(comparison)
        done = {task.name for task in comparison.tasks}
        for model in comparison.models:
            if model.name in refused or model.name in (comparison.base, comparison.baseline):
                continue
            trials, unknown = self._family(docket, model.name)
            for trial, adjusted_p in zip(trials, adjusted_p_values(trials, unknown), strict=True):
                if trial.reference not in refused and decision_on(trial, adjusted_p) not in ("pass", "fail"):
                    done.discard(trial.task)
        return done

    def _metrics(self, task: Task) -> list[Metric]:
        """The metrics that rules read on a task, each once."""
        read = (read_by(rule, task.name, task.metrics)[1] for rule in self._ruling(task) if _of_answers(rule, task))
        return list({metric.name: metric for metric in read}.values())

    def _ruling(self, task: Task) -> list[Rule]:
        rules = [rule for rule in self._rules if not rule.forgets]
        return [rule for rule in rules if task.name in (row.name for row in selected_tasks(rule, self._rows))]

    def _family(self, docket: Docket, candidate: str) -> tuple[list[Trial], int]:
        """A candidate's trials on the tasks that were looked at, and the number of those on other tasks."""
        looked = {task.name: task for task in docket.comparison.tasks}
        selected = [(rule, row) for rule in self._rules for row in selected_tasks(rule, self._rows)]
        put = [docket.trial(rule, looked[row.name], candidate) for rule, row in selected if row.name in looked]
        unknown = sum(row.name not in looked for _, row in selected)
        return [trial for trial in put if trial is not None], unknown

    def _compare(self, taken: Taken) -> Comparison:
        scores = RunScores(
            suite=self._suite.suite,
            base=self._suite.base_name,
            baseline=self._suite.baseline_name,
            models=taken.models,
            tasks=taken.tasks,
            metrics={task.name: self._ruled[task.name] for task in taken.tasks},
            frame=taken.scores,
        )
        named = {rule.than for rule in self._rules if rule.than and rule.than not in ("base", "baseline")}
        return compare_models(scores, references=sorted(named), seed=self._suite.seed)


def _of_answers(rule: Rule, task: Task) -> bool:
    """Whether a rule reads one of the task's own metrics; others, such as contamination, come with the whole run."""
    return rule.metric is None or "[" in rule.metric or rule.metric in [metric.name for metric in task.metrics]


def until_decided(suite: Suite, rules: Sequence[Rule] = ()) -> SuiteReferee:
    """A referee for `harness.evaluate`: each task is sampled no further than its rules need.

    Args:
        rules: Those of the suite if left out.

    Raises:
        InputError: there are no rules, or one names what is not there.
    """
    rules = rules or suite.gate
    if not rules:
        raise InputError("nothing can be decided without rules", where="--until-decided", mend="add rules under gate:")
    return SuiteReferee(suite, rules, find_tasks(suite.tasks, folder=suite.folder))
