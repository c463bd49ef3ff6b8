"""A model's figures over time: a terminal table, JSON, and a page with a plot for each task."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from harness.comparison.trend import Point, Trend
from harness.reports.numbers import bounds, decimals, number, signed
from harness.reports.pages import asset, content_security_policy, environment
from harness.reports.plots import axis
from harness.reports.visible import one_line

if TYPE_CHECKING:
    from rich.table import Table

_ARROWS = {"gain": "▲", "loss": "▼", "": " "}


@dataclass(frozen=True)
class Place:
    """Where a point stands on its plot, in percent from the left and from above; None without a value."""

    point: Point
    x: float
    low: float | None
    middle: float | None
    high: float | None


def trend_table(trends: Sequence[Trend], model: str) -> "Table":
    """One row a task: the first and the last figure, and the last change."""
    from rich.table import Table

    table = Table(title=f"{one_line(model, 80)} over {max((len(t.points) for t in trends), default=0)} runs", box=None)
    for name, justify in (("task", "left"), ("metric", "left"), ("first", "right"), ("last", "right"),
                          ("change", "right"), ("", "left")):  # fmt: skip
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for trend in trends:
        places = decimals(point.value for point in trend.points)
        first, last = trend.points[0], trend.points[-1]
        change = signed(last.change.difference, places) if last.change else "–"
        table.add_row(one_line(trend.task, 40), one_line(trend.metric, 24), number(first.value, places),
                      number(last.value, places), change, _ARROWS[last.mark])  # fmt: skip
    return table


def trend_json(trends: Sequence[Trend]) -> list[dict[str, Any]]:
    """One object a task and run."""
    return [
        {
            "task": trend.task, "metric": trend.metric, "greater_is_better": trend.greater_is_better,
            "run": point.folder, "added": point.added, "value": point.value, "low": point.low, "high": point.high,
            "samples": point.samples, "same_task": point.same_task,
            "change": point.change.difference if point.change else None,
            "adjusted_p_value": point.change.adjusted_p_value if point.change else None, "mark": point.mark,
        }
        for trend in trends
        for point in trend.points
    ]  # fmt: skip


def trend_page(trends: Sequence[Trend], model: str) -> str:
    """One HTML file that opens offline."""
    style = asset("report.css") + asset("trend.css")
    made = environment()
    made.filters["run"] = lambda folder: one_line(PurePath(folder).name, 60)
    made.globals["describe"] = _describe
    plots = [(trend, decimals(point.value for point in trend.points), _places(trend)) for trend in trends]
    policy = content_security_policy(style, "")
    return made.get_template("trend.html.j2").render(style=style, policy=policy, plots=plots, model=model)


def _places(trend: Trend) -> list[Place]:
    known = [v for p in trend.points for v in (p.low, p.value, p.high) if v is not None]
    scale = axis(known)
    step = 100 / max(1, len(trend.points) - 1)

    def down(value: float | None) -> float | None:
        return None if value is None else round(100 - scale.at(value), 2)

    middle = 50.0 if len(trend.points) == 1 else 0.0
    return [
        Place(point, round(middle + i * step, 2) if len(trend.points) > 1 else middle, down(point.low),
              down(point.value), down(point.high))
        for i, point in enumerate(trend.points)
    ]  # fmt: skip


def _describe(point: Point, places: int) -> str:
    """A point in words, for its table row."""
    if not point.same_task:
        return "another version of the task: not comparable with the run before"
    if point.change is None:
        return ""
    verdict = {"gain": "significant gain", "loss": "significant loss", "": "not significant"}[point.mark]
    interval = bounds(point.change.interval, places, sign=True)
    return f"{signed(point.change.difference, places)} {interval}, {verdict}"
