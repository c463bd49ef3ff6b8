"""What several commands do with a run: compare, decide, report, and leave with the verdict's exit status."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.records import Comparison, Rule, Verdict
from harness.runs import Run


def named_references(rules: Sequence[Rule]) -> list[str]:
    """Models that rules compare with by name, beside the base and the baseline."""
    return sorted({rule.than for rule in rules if rule.than and rule.than not in ("base", "baseline")})


def conclude(run: Run, policy: Path | str | None = None) -> tuple[Comparison, Verdict | None]:
    """Compare the models of a run, decide by its suite's rules (or a policy's) if there are any, write the reports."""
    from harness.comparison import compare
    from harness.gate import gate_run, run_rules
    from harness.reports import report_run

    rules = run_rules(run, policy)
    comparison = compare(run, models=named_references(rules), rules=rules)
    verdict = gate_run(run, policy) if rules else None
    report_run(run)
    return comparison, verdict


def show(comparison: Comparison, verdict: Verdict | None, run: Run | None = None) -> None:
    """Print the comparison table, what changed under the checks of ``run``, and the verdict."""
    from rich.console import Console

    from harness.reports import safety_panel, sample_frame, terminal_report

    safety = safety_panel(comparison, sample_frame(run)) if run else None
    console = Console()
    console.print(terminal_report(comparison, verdict, console.width, safety))


def taken(run: Run) -> str:
    """How far a run that ended when its rules were decided went, and why some tasks were asked whole."""
    tasks = run.manifest["tasks"]
    watched = [task for task in tasks if "looks" in task]
    samples, available = sum(task["samples"] for task in watched), sum(task["available"] for task in watched)
    lines = [f"until decided: {samples:,} of {available:,} samples of {len(watched)} tasks were asked of each model"]
    return "\n".join(lines + [f"asked whole: {task['name']} ({task['whole']})" for task in tasks if "whole" in task])


def as_json(comparison: Comparison, verdict: Verdict | None, run: Run) -> dict[str, Any]:
    """What ``--json`` prints."""
    return {
        "run": str(run.folder),
        "decision": verdict.decision if verdict else None,
        "exit_status": verdict.exit_status if verdict else 0,
        "comparison": comparison.model_dump(mode="json"),
        "verdict": verdict.model_dump(mode="json") if verdict else None,
    }
