"""Where the marks of a search stand: its history, gain against forgetting, and each key's values; in percent."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from harness.records.search import Measure, Quality, Search, TrialRow, Value
from harness.reports.plots import Axis, axis


@dataclass(frozen=True)
class Mark:
    """A trial on a plot, from the left and from above; ``kind`` is best, front, plain, stopped or lost."""

    row: TrialRow
    x: float
    y: float
    kind: str


@dataclass(frozen=True)
class History:
    """Scores in the order of the trials; ``best`` is the polyline of the best so far."""

    up: Axis
    marks: tuple[Mark, ...]
    best: str
    last: int


@dataclass(frozen=True)
class Confirmation:
    """What fresh samples say of a trial: middle and ends across and up, and the place in the search that it left."""

    number: int
    x: tuple[float, float, float]
    y: tuple[float, float, float]
    origin: tuple[float, float]


@dataclass(frozen=True)
class Front:
    """Gain (up) against forgetting (to the right); ``line`` is the polyline of the front."""

    across: Axis
    up: Axis
    marks: tuple[Mark, ...]
    line: str
    confirmed: tuple[Confirmation, ...]


@dataclass(frozen=True)
class Slice:
    """Scores over the values of one key; ``labels`` are places and texts along its axis."""

    key: str
    share: float | None
    marks: tuple[Mark, ...]
    labels: tuple[tuple[float, str], ...]


def kind_of(search: Search, row: TrialRow) -> str:
    """How a trial is drawn: what it came to."""
    if row.number == search.best:
        return "best"
    if row.quality is None:
        return "lost"
    if search.subject_to_gate and row.quality.failed_rules:
        return "stopped"
    return "front" if row.number in search.front else "plain"


def history(search: Search) -> History:
    """The plot of the trials in their order."""
    scored = [row for row in search.trials if row.quality]
    up = axis((row.quality.score.value for row in scored if row.quality), zero=False)
    last = max((row.number for row in search.trials), default=0)

    def across(number: int) -> float:
        return round(100 * number / max(1, last), 2)

    marks = tuple(
        Mark(row, across(row.number), _down(up, row.quality.score.value) if row.quality else 100.0,
             kind_of(search, row)) for row in search.trials
    )  # fmt: skip
    steps: list[tuple[float, float]] = []
    for row in scored:
        value = row.quality.score.value if row.quality else 0.0
        if kind_of(search, row) == "stopped":
            continue
        y = _down(up, value)
        if not steps or (y != steps[-1][1] and (y < steps[-1][1]) == search.greater_is_better):
            steps += [(across(row.number), steps[-1][1])] if steps else []
            steps.append((across(row.number), y))
    steps += [(100.0, steps[-1][1])] if steps else []
    return History(up, marks, _polyline(steps), last)


def front(search: Search) -> Front | None:
    """The plot of gain against forgetting; None where nothing measured forgetting.

    Trials that fail the gate do not stretch the axes: those that lie beyond stand at the edge.
    """
    both = [(row, row.quality.gain, row.quality.forgetting) for row in search.trials
            if row.quality and row.quality.forgetting]  # fmt: skip
    if not both:
        return None
    fresh = [(one.number, one.quality) for one in search.confirmed if one.quality.forgetting]
    counted = [one for one in both if kind_of(search, one[0]) != "stopped"] or both
    gains = [gain.value for _, gain, _ in counted] + [v for _, q in fresh for v in _ends(q.gain)]
    drops = [lost.value for *_, lost in counted if lost]
    drops += [v for _, q in fresh if q.forgetting for v in _ends(q.forgetting)]
    across, up = axis(drops), axis(gains)
    at = {row.number: (across.at(lost.value), _down(up, gain.value)) for row, gain, lost in both if lost}
    marks = tuple(Mark(row, *at[row.number], kind_of(search, row)) for row, *_ in both)
    confirmed = tuple(_confirmation(number, one, across, up, at[number]) for number, one in fresh)
    return Front(across, up, marks, _polyline([at[n] for n in search.front]), confirmed)


def slices(search: Search) -> list[Slice]:
    """A plot for each key, the most important first."""
    keys = list(dict.fromkeys(key for row in search.trials for key in row.values))
    keys.sort(key=lambda key: -search.importances.get(key, 0.0))
    up = history(search).up
    return [_slice(search, key, up) for key in keys]


def _slice(search: Search, key: str, up: Axis) -> Slice:
    rows = [row for row in search.trials if row.quality and key in row.values]
    values = [row.values[key] for row in rows]
    places, labels = _places(values)
    marks = tuple(
        Mark(row, x, _down(up, row.quality.score.value) if row.quality else 0.0, kind_of(search, row))
        for row, x in zip(rows, places, strict=True)
    )
    return Slice(key, search.importances.get(key), marks, labels)


def _places(values: Sequence[Value]) -> tuple[list[float], tuple[tuple[float, str], ...]]:
    """Places along an axis: by rank where values are no numbers or a few that return, as those of a list do; of others
    on a logarithm where they span decades."""
    numbers = [float(value) for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    kinds = list(dict.fromkeys(values))
    if len(numbers) < len(values) or len(kinds) == 1 or (len(kinds) <= 6 and len(kinds) < len(values)):
        order = sorted(kinds, key=lambda v: (isinstance(v, str), v if not isinstance(v, str) else 0, str(v)))
        at = {value: round(100 * (i + 0.5) / max(1, len(order)), 2) for i, value in enumerate(order)}
        return [at[value] for value in values], tuple((at[value], short(value)) for value in order)
    low, high = min(numbers), max(numbers)
    log = low > 0 and high / low > 30
    scale = math.log if log else float
    span = (scale(high) - scale(low)) or 1.0
    middle = math.exp((math.log(low) + math.log(high)) / 2) if log else (low + high) / 2
    places = [round(100 * (scale(v) - scale(low)) / span, 2) for v in numbers]
    return places, ((0.0, short(low)), (50.0, short(middle)), (100.0, short(high)))


def short(value: Value) -> str:
    """A value as it fits into a table: numbers with three digits."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _confirmation(number: int, quality: Quality, across: Axis, up: Axis, origin: tuple[float, float]) -> Confirmation:
    lost, gained = quality.forgetting or Measure(value=0.0), quality.gain
    x = tuple(across.at(v) for v in _ends(lost))
    y = tuple(_down(up, v) for v in _ends(gained))
    return Confirmation(number, (x[0], x[1], x[2]), (y[0], y[1], y[2]), origin)


def _ends(measure: Measure) -> tuple[float, float, float]:
    inside = measure.interval
    return (inside.low, measure.value, inside.high) if inside else (measure.value,) * 3


def _down(scale: Axis, value: float) -> float:
    return round(100 - scale.at(value), 2)


def _polyline(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)
