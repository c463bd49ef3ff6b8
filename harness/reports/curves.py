"""Training curves as lines on a plot of 100 by 100, the loss on a logarithmic axis."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.reports.forgetting_curves import LossOfOld, forgetting_curves
from harness.reports.visible import one_line

_STEPS = (1.0, 2.0, 5.0)
#: Smaller losses have no place on a logarithm that floats can hold.
_LEAST = 1e-30


@dataclass(frozen=True)
class Curve:
    """One adapter's training.

    Attributes:
        loss, evaluation: Points for an SVG polyline, ``x,y x,y ...``; empty where nothing was measured.
        ticks: Place in percent from above, and label, of round losses.
        facts: What was trained and how long, in words.
        forgotten: What was lost meanwhile, where that was measured.
        stopped: Which limit on it ended the training, in words.
    """

    model: str
    loss: str
    evaluation: str
    ticks: Sequence[tuple[float, str]]
    last_step: int
    facts: str
    warnings: Sequence[str]
    forgotten: Sequence[LossOfOld] = ()
    stopped: str = ""


def training_curves(manifest: Mapping[str, Any]) -> list[Curve]:
    """The curves of all adapters of a run that were trained here."""
    found = manifest.get("training")
    return [_curve(str(name), one) for name, one in found.items()] if isinstance(found, Mapping) else []


def _curve(name: str, summary: Mapping[str, Any]) -> Curve:
    lines = {kind: [(x, y) for x, y in summary[kind] if y > _LEAST] for kind in ("loss", "evaluation")}
    known = [y for points in lines.values() for _, y in points] or [1.0]
    low, high = math.log10(min(known)), math.log10(max(known))
    low, high = (low, high) if high > low else (low - 0.5, high + 0.5)
    last = max([1.0, *(x for points in lines.values() for x, _ in points)])

    def down(value: float) -> float:
        return round(100 * (high - math.log10(value)) / (high - low), 2)

    def line(kind: str) -> str:
        return " ".join(f"{round(100 * x / last, 2)},{down(y)}" for x, y in lines[kind])

    ticks = [(down(value), f"{value:g}") for value in _round_between(low, high)]
    minutes, seconds = divmod(round(summary["seconds"]), 60)
    facts = (
        f"{one_line(summary['method'], 20)}, {summary['trained_parameters']:,} parameters, "
        f"{summary['steps']:,} steps in {minutes} min {seconds} s"
    )
    lost = summary.get("forgetting")
    return Curve(
        model=name,
        loss=line("loss"),
        evaluation=line("evaluation"),
        ticks=ticks,
        last_step=int(last),
        facts=facts,
        warnings=summary["warnings"],
        forgotten=forgetting_curves(lost, last) if lost else (),
        stopped=lost["stopped"] if lost else "",
    )


def _round_between(low: float, high: float) -> list[float]:
    """Round numbers between two powers of ten: 1, 2 and 5 of each decade, or each decade alone where those are many."""
    decades = range(math.floor(low), math.ceil(high) + 1)
    steps = _STEPS if len(decades) <= 3 else (1.0,)
    values = [step * 10.0**decade for decade in decades for step in steps]
    return [value for value in values if low <= math.log10(value) <= high]
