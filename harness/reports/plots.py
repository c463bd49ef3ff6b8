"""Where marks stand on an axis, in percent of its length. What they look like is the templates' business."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from harness.comparison.scales import OF_HUNDRED, SURPRISALS
from harness.records import Comparison, Difference, Figure, RuleVerdict
from harness.records.forgetting import ALL_PROBES
from harness.records.selection import PROBE_TAG
from harness.reports.numbers import decimals, signed
from harness.reports.tables import Cell, Table

#: Room of a letter in the trade-off plot, in percent of its width and of its height.
_TAG_ASIDE, _TAG_LINE = 4.5, 7.0

#: Low end, middle and high end.
Ends = tuple[float, float, float]


@dataclass(frozen=True)
class Axis:
    """A linear axis with about six round ticks."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def at(self, value: float) -> float:
        """Place of a value in percent, held within the axis."""
        share = (value - self.low) / (self.high - self.low)
        return round(100 * min(1.0, max(0.0, share)), 2)


def axis(values: Iterable[float], *, zero: bool = True) -> Axis:
    """The smallest axis with round ends that holds ``values`` and, unless told otherwise, zero."""
    finite = [v for v in values if math.isfinite(v)]
    finite += [0.0] if zero or not finite else []
    low, high = min(finite), max(finite)
    if low == high:
        high = low + 1.0
    span = high - low
    rough = span / 6
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return Axis(first * step, last * step, tuple(round(i * step, 10) for i in range(first, last + 1)))


@dataclass(frozen=True)
class ForestLine:
    """One task's difference in points: better is to the right."""

    cell: Cell
    task: str
    tag: str
    metric: str
    places: int
    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Forest:
    """Differences of one candidate to one reference, one line a task."""

    candidate: str
    lines: tuple[ForestLine, ...]


def forests(table: Table) -> tuple[Axis, list[Forest]]:
    """One forest a candidate, all on one axis.

    Only figures that have full marks: nats and perplexities are no points. Nor is what a run asks about itself a skill.
    """
    found = [
        (group.tag, row, cell, points(cell.difference))
        for group in table.groups
        for row in group.rows
        for cell in row.cells
        if cell.difference and _is_bounded(cell.difference) and PROBE_TAG not in row.task.tags
    ]
    shared = axis(v for _, _, _, ends in found for v in ends)
    panels: dict[str, list[ForestLine]] = {}
    for tag, row, cell, (low, middle, high) in found:
        line = ForestLine(
            cell, row.task.name, tag, row.metric, row.places,
            shared.at(low), shared.at(middle), shared.at(high),
        )  # fmt: skip
        panels.setdefault(cell.model, []).append(line)
    return shared, [Forest(name, tuple(lines)) for name, lines in panels.items()]


@dataclass(frozen=True)
class Strip:
    """A rule's interval against its bound; ``ok`` is the part of the axis where the rule passes, in percent."""

    low: float
    middle: float
    high: float
    bound: float
    ok: tuple[float, float]
    zero: float | None


def strip(rule: RuleVerdict, greater_is_better: bool) -> Strip | None:
    """The picture of a rule's evidence, None where it has no interval or bound to draw."""
    if rule.interval is None or rule.bound is None or rule.observed is None:
        return None
    against = not rule.rule.startswith(("at_most", "at_least", "forgets_at_most"))
    either_side = rule.rule.startswith("equivalent")
    # Of a margin on either side the line drawn is the one that the figure is closer to.
    at = math.copysign(rule.bound, rule.observed) if either_side else rule.bound
    values = [rule.interval.low, rule.interval.high, rule.observed, at, *([-at] if either_side else [])]
    if not all(map(math.isfinite, values)):
        return None
    low, high = min(values + [0.0] * against), max(values + [0.0] * against)
    room = ((high - low) or 1.0) * 0.12
    scale = Axis(low - room, high + room, ())
    upward = greater_is_better if against else rule.rule.startswith("at_least")
    bound = scale.at(at)
    ok = (bound, 100.0) if upward else (0.0, bound)
    if either_side:
        ok = (scale.at(-rule.bound), scale.at(rule.bound))
    return Strip(
        scale.at(rule.interval.low), scale.at(rule.observed), scale.at(rule.interval.high), bound, ok,
        scale.at(0.0) if against else None,
    )  # fmt: skip


@dataclass(frozen=True)
class TradePoint:
    """A candidate's mean change on its target tasks (up) against that on the forgetting probes (right).

    ``tag`` is where its letter stands, in percent from the upper left, clear of the other letters.
    """

    name: str
    letter: str
    tag: tuple[float, float]
    kept: Ends
    gained: Ends
    words: str


@dataclass(frozen=True)
class TradeOff:
    """Gain against forgetting, both in points against the base."""

    across: Axis
    up: Axis
    points: tuple[TradePoint, ...]

    @property
    def letters(self) -> dict[str, tuple[str, int]]:
        """By adapter: its letter, and which shape and colour of four it has."""
        return {point.name: (point.letter, place % 4) for place, point in enumerate(self.points)}


def points(d: Difference) -> Ends:
    """Low, middle and high of a difference, turned so that better is more, in points where it is a rate."""
    factor = 1.0 if d.metric in OF_HUNDRED or not _is_bounded(d) else 100.0
    ends = (d.interval.low * factor, d.difference * factor, d.interval.high * factor)
    return ends if d.greater_is_better else (-ends[2], -ends[1], -ends[0])


def trade_off(comparison: Comparison) -> TradeOff | None:
    """Mean gain on the targets against mean drop on the probes, of every adapter that has both."""
    changes: list[tuple[str, Ends, Ends]] = []
    for loss in comparison.forgetting.losses if comparison.forgetting else ():
        found = {f.metric: f for f in loss.figures if f.task == ALL_PROBES} if loss.reference == comparison.base else {}
        kept, gained = _ends(found.get("mean_drop"), -100.0), _ends(found.get("mean_gain"), 100.0)
        if kept and gained:
            changes.append((loss.candidate, kept, gained))
    if not changes:
        return None
    across, up = axis(v for _, kept, _ in changes for v in kept), axis(v for *_, gained in changes for v in gained)
    tags = _tags([(across.at(kept[1]), 100 - up.at(gained[1])) for _, kept, gained in changes])
    points = [
        TradePoint(name, _letter(i), tags[i], kept, gained, _words(name, kept, gained))
        for i, (name, kept, gained) in enumerate(changes)
    ]
    return TradeOff(across, up, tuple(points))


def _ends(figure: Figure | None, factor: float) -> Ends | None:
    if figure is None or figure.value is None or figure.interval is None:
        return None
    low, high = sorted((factor * figure.interval.low, factor * figure.interval.high))
    return low, factor * figure.value, high


def _tags(places: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """A place for each letter: beside its point, and a line below the letters that are already near."""
    tags: dict[int, tuple[float, float]] = {}
    for i in sorted(range(len(places)), key=lambda i: places[i][1]):
        x, y = places[i]
        x += -_TAG_ASIDE if x > 100 - 2 * _TAG_ASIDE else _TAG_ASIDE
        near = [other for ox, other in tags.values() if abs(ox - x) < 2 * _TAG_ASIDE]
        tags[i] = (x, max([y - _TAG_LINE, *(other + _TAG_LINE for other in near)]))
    return [tags[i] for i in range(len(places))]


def _letter(i: int) -> str:
    return chr(ord("A") + i) if i < 26 else str(i + 1)


def _words(name: str, kept: Ends, gained: Ends) -> str:
    return f"{name}: target tasks {signed(gained[1], 1)}, forgetting probes {signed(kept[1], 1)} points"


def _is_bounded(d: Difference) -> bool:
    if d.metric in SURPRISALS:
        return False
    return d.metric in OF_HUNDRED or decimals((d.candidate_value, d.reference_value)) == 3
