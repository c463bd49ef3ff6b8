"""Methods side by side: cost, quality and forgetting of each, for the terminal, as Markdown and as a page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.records.search import Measure, MethodRow, Methods, PairRow
from harness.reports.numbers import bounds, compact, decimals, number, signed
from harness.reports.pages import asset, content_security_policy, environment
from harness.reports.plots import Axis, axis
from harness.reports.visible import markdown_text, one_line

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

_GIB = 1024.0**3
#: Columns of cost, after the method's name.
_COSTS = 4
#: Room of a name on the plot, in percent of its width and height.
_NAME_ASIDE, _NAME_LINE = 60.0, 6.5


@dataclass(frozen=True)
class Place:
    """A method on the plot of gain against forgetting: low, middle and high, across and from above.

    ``name_at`` is how far from above its name stands, clear of the other names.
    """

    row: MethodRow
    x: tuple[float, float, float]
    y: tuple[float, float, float]
    name_at: float


@dataclass(frozen=True)
class Plot:
    """Gain (up) against forgetting (to the right)."""

    across: Axis
    up: Axis
    places: tuple[Place, ...]


def methods_text(methods: Methods) -> "RenderableType":
    """Two tables for a terminal, quality and cost, and below them what they mean."""
    from rich.console import Group
    from rich.text import Text

    head, *rows = _cells(methods)
    figures = [0, *range(_COSTS + 1, len(head))]
    failed = [f"{row.name}: {one_line(row.reason, 300)}" for row in methods.rows if row.reason]
    return Group(
        _columns(head, rows, figures),
        Text(""),
        _columns(head, rows, range(_COSTS + 1)),
        Text(""),
        *(Text(line) for line in [*notes(methods), *failed]),
    )


def _columns(head: Sequence[str], rows: Sequence[Sequence[str]], places: Iterable[int]) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table, places = Table(box=None, pad_edge=False), list(places)
    for place in places:
        table.add_column(head[place], justify="right" if place else "left", no_wrap=True)
    for cells in rows:
        table.add_row(*(Text(compact(cells[place]) if "[" in cells[place] else cells[place]) for place in places))
    return table


def methods_markdown(methods: Methods) -> str:
    """The table as Markdown, and below it what it means."""
    head, *rows = _cells(methods)
    lines = [_line([markdown_text(name) for name in head]), _line(["---", *["---:"] * (len(head) - 1)])]
    lines += [_line([markdown_text(cell) for cell in cells]) for cells in rows]
    lines += ["", *(f"* {markdown_text(note, 600)}" for note in notes(methods))]
    lines += [f"* {markdown_text(f'{row.name}: {row.reason}', 600)}" for row in methods.rows if row.reason]
    return "\n".join(lines) + "\n"


def methods_page(methods: Methods) -> str:
    """One HTML file that opens offline and runs no script."""
    style = asset("report.css") + asset("tune.css")
    made = environment()
    made.globals |= {"measure": measure, "change": lambda one: _change(one, methods), "memory": memory}
    made.globals |= {"points": _points, "learned": learned, "time": duration}
    return made.get_template("methods.html.j2").render(
        style=style, policy=content_security_policy(style, ""), methods=methods, notes=notes(methods),
        plot=plot(methods), real=real_differences(methods),
    )  # fmt: skip


def notes(methods: Methods) -> list[str]:
    """What the figures are."""
    base = next((row.quality.base for row in methods.rows if row.quality), None)
    found = [f"{methods.task}/{methods.metric}; base {measure(base)}; trained on {methods.machine}"]
    if methods.pairs:
        real = len(real_differences(methods))
        found.append(
            f"{real} of {len(methods.pairs)} pairs of methods differ (paired by sample, Holm over all pairs, p below "
            ".05); methods that share a letter cannot be told apart on these samples"
        )
    if methods.probes:
        found.append(f"forgetting: mean drop against the base on {', '.join(methods.probes)}, in points")
    if any(row.reason == "" and row.seconds is None for row in methods.rows):
        found.append("no time is given where a training was interrupted")
    return found


def real_differences(methods: Methods) -> list[PairRow]:
    """The pairs that differ after correction, the surest first."""
    return sorted((p for p in methods.pairs if p.adjusted_p_value <= 0.05), key=lambda p: p.adjusted_p_value)


def plot(methods: Methods) -> Plot | None:
    """Where the methods stand; None where nothing measured forgetting."""
    known = [(row, row.quality.gain, row.quality.forgetting) for row in methods.rows if row.quality]
    both = [(row, gain, lost) for row, gain, lost in known if lost]
    if not both:
        return None
    up, across = axis(v for _, gain, _ in both for v in _ends(gain)), axis(v for *_, lost in both for v in _ends(lost))
    drawn = []
    for row, gain, lost in both:
        low, middle, high = (round(100 - place, 2) for place in _at(_ends(gain), up))
        drawn.append((row, _at(_ends(lost), across), (low, middle, high)))
    names: dict[str, tuple[float, float]] = {}
    # From above down, so that names which make room for one another keep the order of their points.
    for row, x, y in sorted(drawn, key=lambda one: one[2][1]):
        near = [at for aside, at in names.values() if abs(aside - x[1]) < _NAME_ASIDE]
        names[row.name] = x[1], _clear(y[1] - _NAME_LINE / 2, near)
    return Plot(across, up, tuple(Place(row, x, y, names[row.name][1]) for row, x, y in drawn))


def _at(ends: tuple[float, float, float], scale: Axis) -> tuple[float, float, float]:
    return scale.at(ends[0]), scale.at(ends[1]), scale.at(ends[2])


def _clear(wanted: float, taken: Sequence[float]) -> float:
    """The first line from ``wanted`` downwards on which no other name stands."""
    while any(abs(other - wanted) < _NAME_LINE for other in taken):
        wanted += _NAME_LINE
    return round(wanted, 2)


def _ends(one: Measure) -> tuple[float, float, float]:
    return (one.interval.low, one.value, one.interval.high) if one.interval else (one.value, one.value, one.value)


def _cells(methods: Methods) -> list[list[str]]:
    """Head and rows of the table."""
    head = ["method", "trained", "memory", "time", "tokens/s", methods.metric, "", "gain"]
    head += ["forgetting"] if methods.probes else []
    rows = []
    for row in methods.rows:
        one = row.quality
        cells = [one_line(row.name, 30), learned(row), memory(row), duration(row)]
        cells.append(f"{row.tokens_per_second:,.0f}" if row.tokens_per_second else number(None))
        cells += [measure(one.score), row.groups, _change(one.gain, methods)] if one else ["failed", "", ""]
        cells += [_points(one.forgetting) if one else ""] if methods.probes else []
        rows.append(cells)
    return [head, *rows]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def measure(one: Measure | None) -> str:
    """A figure with its interval."""
    if one is None:
        return number(None)
    places = decimals(_ends(one))
    return f"{number(one.value, places)} {bounds(one.interval, places)}".strip()


def learned(row: MethodRow) -> str:
    """Trained parameters."""
    return number(None) if row.parameters is None else f"{row.parameters:,}"


def memory(row: MethodRow) -> str:
    """Peak of memory."""
    return number(None) if row.peak_memory is None else f"{row.peak_memory / _GIB:.2f} GiB"


def duration(row: MethodRow) -> str:
    """Time of the training."""
    return number(None) if row.seconds is None else f"{row.seconds:.0f} s"


def _change(one: Measure, methods: Methods) -> str:
    places = 1 if methods.bounded else decimals((one.value,))
    return f"{signed(one.value, places)} {bounds(one.interval, places, sign=True)}".strip()


def _points(one: Measure | None) -> str:
    return number(None) if one is None else f"{signed(one.value, 1)} {bounds(one.interval, 1, sign=True)}".strip()
