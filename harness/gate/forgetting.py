"""What a rule on forgetting reads: the figure of its measure, of a candidate against a reference."""

from harness.records import Comparison, Figure, Loss, Rule
from harness.records.forgetting import ALL_PROBES


def lost(rule: Rule, comparison: Comparison, candidate: str, reference: str, task: str) -> Figure | str:
    """The figure of a rule's measure over all probes, or on one task; or why there is none."""
    forgetting = comparison.forgetting
    if forgetting is None:
        return "the run has no probe: tag tasks 'forgetting', or name them under forgetting: probes"
    loss = next((one for one in forgetting.losses if (one.candidate, one.reference) == (candidate, reference)), None)
    if loss is None:
        return f"{candidate} was not compared with {reference}"
    figure = next((one for one in loss.figures if (one.task, one.metric) == (task, rule.measure)), None)
    return figure or _why(loss, str(rule.measure), task)


def partly_taken(comparison: Comparison, rule: Rule, task: str) -> tuple[int, int] | None:
    """How many samples were taken, and of how many, where those that a rule reads were not all taken at once."""
    forgetting = comparison.forgetting
    if forgetting is None or rule.measure == "kl":
        return None
    read = [*forgetting.probes, *forgetting.texts] if task == ALL_PROBES else [task]
    rows = [row for row in comparison.tasks if row.name in read and row.looks]
    return (sum(row.samples for row in rows), sum(row.available for row in rows)) if rows else None


def _why(loss: Loss, measure: str, task: str) -> str:
    if task == ALL_PROBES and measure in loss.missing:
        return f"{measure} was not measured: {loss.missing[measure]}"
    return f"{task} has no {measure}"
