"""What a training lost, step by step: plots of 100 by 100, each with its limit as a line."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_TITLES = {"accuracy_drop": "Accuracy lost on the probes", "kl": "KL from the base, nats a token"}
_ROUND = (1.0, 2.0, 2.5, 5.0)
#: Less than this between the ends is no difference.
_FLAT = 1e-12


@dataclass(frozen=True)
class LossOfOld:
    """One figure of forgetting by step.

    Attributes:
        line: Points for an SVG polyline.
        band: Points of a polygon: the interval around the line.
        ticks: Place in percent from above, and label.
        limit: Place of the limit; None where there is none.
        said: The last value, its interval and the limit, in words.
    """

    title: str
    line: str
    band: str
    ticks: Sequence[tuple[float, str]]
    limit: float | None
    said: str


def forgetting_curves(summary: Mapping[str, Any], last_step: float) -> list[LossOfOld]:
    """The plots of one adapter.

    Args:
        summary: What `harness.training.forgetting.summary` made.
        last_step: The right end of the axis.
    """
    limits = summary["limits"]
    return [
        _curve(title, summary[name], limits.get(name), last_step) for name, title in _TITLES.items() if summary[name]
    ]


def _curve(
    title: str, points: Sequence[tuple[float, float, float, float]], limit: float | None, last_step: float
) -> LossOfOld:
    # Before the first step the model is its base: nothing is lost, and nothing is estimated.
    points = [(0, 0.0, 0.0, 0.0), *points]
    shown = [end for _, _, low, high in points for end in (low, high)] + ([limit] if limit is not None else [])
    low, high = min(0.0, *shown), max(0.0, *shown)
    low, high = (low, high) if high - low > _FLAT else (low, low + 1)
    last = max(last_step, points[-1][0], 1)

    def at(step: float, value: float) -> str:
        return f"{round(100 * step / last, 2)},{down(value)}"

    def down(value: float) -> float:
        return round(100 * (high - value) / (high - low), 2)

    upper = [at(step, end) for step, _, _, end in points]
    lower = [at(step, end) for step, _, end, _ in reversed(points)]
    _, value, least, most = points[-1]
    against = "" if limit is None else f", the limit {limit:g}"
    return LossOfOld(
        title=title,
        line=" ".join(at(step, value) for step, value, _, _ in points),
        band=" ".join([*upper, *lower]),
        ticks=[(down(tick), f"{tick:g}") for tick in _ticks(low, high)],
        limit=None if limit is None else down(limit),
        said=f"{value:.3f} [{least:.3f}, {most:.3f}] after step {points[-1][0]:,.0f}{against}",
    )


def _ticks(low: float, high: float) -> list[float]:
    """About four round numbers between two values."""
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * one for one in (*_ROUND, 10.0) if power * one >= rough)
    first, last = round(low / step), round(high / step)
    return [value for k in range(first, last + 1) if low <= (value := round(k * step, 10)) <= high]
