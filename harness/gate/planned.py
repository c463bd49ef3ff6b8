"""What a gate will decide, known from the suite before anything is asked."""

from pathlib import Path

from harness.evaluation import load_suite
from harness.evaluation.plan import rule_rows
from harness.gate.of_run import policy_rules
from harness.records import Rule
from harness.records.selection import selected_tasks, sliced_name
from harness.tasks import find_tasks


def planned_trials(suite_file: Path | str, policy: Path | str | None = None) -> dict[str, list[tuple[str, str]]]:
    """For each candidate, the rules that it will be held against, in the verdict's order.

    Returns:
        By candidate, pairs of the rule in words and the task.

    Raises:
        InputError: the suite or the policy cannot be read, or there are no rules.
    """
    suite = load_suite(suite_file)
    rules = policy_rules(policy) if policy else suite.gate
    rows = rule_rows(suite, find_tasks(suite.tasks, folder=suite.folder))
    named = {"base": suite.base_name, "baseline": suite.baseline_name, None: suite.baseline_name}
    candidates = [name for name in suite.models if name not in (suite.base_name, suite.baseline_name)]
    return {
        candidate: [
            (_words(rule), sliced_name(row.name, rule.slice))
            for rule in rules
            for row in selected_tasks(rule, rows)
            if not rule.compares or named.get(rule.than, rule.than) != candidate
        ]
        for candidate in candidates
    }


def _words(rule: Rule) -> str:
    if rule.forgets:
        return f"{rule.rule} {rule.measure} {rule.value:g}"
    if not rule.compares:
        return f"{rule.rule} {rule.value:g}"
    if rule.rule == "no_new_findings":
        return f"{rule.rule} of severity {rule.least_severity} or worse"
    return f"{rule.rule} {'to' if rule.rule == 'equivalent' else 'than'} {rule.than or 'baseline'}"
