"""A search over recipes: what it found, for the terminal and as a page."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.records.search import Measure, Quality, Search, TrialRow, Value
from harness.reports.numbers import bounds, compact, decimals, number, signed
from harness.reports.pages import asset, content_security_policy, environment
from harness.reports.search_plots import front, history, kind_of, short, slices
from harness.reports.visible import one_line

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

#: Trials that the terminal shows.
_SHOWN = 12
_VERDICTS = {"pass": "green", "fail": "red", "inconclusive": "yellow", "unavailable": "magenta"}


def tune_text(search: Search) -> "RenderableType":
    """The result for a terminal: the best trials as a table, then the best one on fresh samples."""
    from rich.console import Group
    from rich.text import Text

    return Group(_table(search), *(Text(line) for line in tune_lines(search)))


def trial_line(row: TrialRow, objective: str) -> str:
    """One trial in one line, as it ends."""
    chosen = ", ".join(f"{one_line(key, 40)} {one_line(short(value), 30)}" for key, value in row.values.items())
    came = f"{objective} {measure(row.quality.score)}" if row.quality else f"{row.state}: {one_line(row.reason, 160)}"
    return f"trial {row.number}: {chosen} -> {came} ({row.seconds:.0f} s)"


def ranked(search: Search) -> list[TrialRow]:
    """Complete trials, the best first; then the rest in their order."""
    sign = -1 if search.greater_is_better else 1
    kinds = {row.number: kind_of(search, row) for row in search.trials}

    def place(row: TrialRow) -> tuple[bool, bool, bool, float, int]:
        score = row.quality.score.value if row.quality else 0.0
        kind = kinds[row.number]
        return row.quality is None, kind == "stopped", kind != "best", sign * score, row.number

    return sorted(search.trials, key=place)


def tune_lines(search: Search) -> Iterator[str]:
    """What the search comes to, in sentences."""
    yield f"{counts(search)}; objective {search.task}/{search.metric}"
    if search.best is None:
        yield "no trial passes the gate: nothing is called the best"
        return
    seen, fresh = search.trial(search.best).quality, search.confirmation(search.best)
    if seen and fresh:
        yield (
            f"best: trial {search.best}, {search.metric} {measure(seen.score)} "
            f"on the {seen.samples} samples of the search"
        )
        yield (
            f"held to {fresh.samples} samples that the search never saw: {measure(fresh.score)}, "
            f"base {measure(fresh.base)}, gain {change(fresh.gain, search)}{_forgot(fresh)}{_gate(fresh)}"
        )
        yield optimism(search, seen, fresh)
    if search.importances:
        shares = sorted(search.importances.items(), key=lambda one: -one[1])
        yield "what mattered: " + ", ".join(f"{key} {share:.0%}" for key, share in shares)


def optimism(search: Search, seen: Quality, fresh: Quality) -> str:
    """Why the figure on fresh samples is the one to report, in one sentence."""
    tried = sum(row.quality is not None for row in search.trials)
    places = decimals((seen.score.value, fresh.score.value))
    fell = (seen.score.value - fresh.score.value) * (1 if search.greater_is_better else -1)
    came = f"here by {number(fell, places)}" if fell > 0 else "not here: fresh samples say no worse"
    return (
        f"The best of {tried} trials looks better in the search than it is, since its luck was chosen with it "
        f"({came}): quote the figure on fresh samples."
    )


def counts(search: Search) -> str:
    """How many trials came to what end."""
    states = [row.state for row in search.trials]
    parts = [
        f"{states.count(name)} {name}" for name in ("complete", "pruned", "failed", "unfinished") if name in states
    ]
    return f"{len(states)} of {search.planned} trials: {', '.join(parts)}"


def measure(one: Measure | None) -> str:
    """A figure with its interval."""
    if one is None:
        return number(None)
    ends = (one.interval.low, one.interval.high) if one.interval else ()
    places = decimals((one.value, *ends))
    return f"{number(one.value, places)} {bounds(one.interval, places)}".strip()


def change(one: Measure | None, search: Search) -> str:
    """A gain or a loss with its interval, in points where the metric has them."""
    if one is None:
        return number(None)
    places = 1 if search.bounded else decimals((one.value,))
    unit = " points" if search.bounded else ""
    return f"{signed(one.value, places)} {bounds(one.interval, places, sign=True)}{unit}".strip()


def points(one: Measure | None) -> str:
    """Points with their interval."""
    return number(None) if one is None else f"{signed(one.value, 1)} {bounds(one.interval, 1, sign=True)}"


def _forgot(one: Quality) -> str:
    return f", forgetting {points(one.forgetting)} points" if one.forgetting else ""


def _gate(one: Quality) -> str:
    return f", gate: {one.verdict}" if one.verdict else ""


def _table(search: Search) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    keys = list(dict.fromkeys(key for row in search.trials for key in row.values))
    probes, gate = bool(search.probes), any(row.quality and row.quality.verdict for row in search.trials)
    table.add_column("trial", justify="right")
    for key in keys:
        head = one_line(key.rpartition(".")[2].replace("_", " "), 20)
        widest = max(len(_shown(row.values.get(key, ""))) for row in search.trials)
        table.add_column(head, justify="right", min_width=max(widest, *map(len, head.split())))
    figures = [search.metric, "95 %", "gain", *(["forgot"] if probes else []), *(["gate"] if gate else [])]
    for name in figures:
        table.add_column(name, justify="right", no_wrap=True)
    for row in ranked(search)[:_SHOWN]:
        one = row.quality
        verdict = one.verdict if one and one.verdict else ""
        cells = [Text(f"{row.number}{'*' if row.number == search.best else ''}")]
        cells += [Text(_shown(row.values.get(key, ""))) for key in keys]
        places = decimals((one.score.value,)) if one else 3
        cells.append(Text(number(one.score.value, places) if one else row.state, style="" if one else "dim"))
        cells.append(Text(compact(bounds(one.score.interval, places)) if one else ""))
        cells.append(Text(signed(one.gain.value, 1 if search.bounded else 3) if one else ""))
        if probes:
            cells.append(Text(signed(one.forgetting.value, 1) if one and one.forgetting else ""))
        if gate:
            cells.append(Text(verdict, style=_VERDICTS.get(verdict, "")))
        table.add_row(*cells, style="bold" if row.number == search.best else "")
    return table


def _shown(value: Value) -> str:
    return one_line(short(value), 24)


def tune_page(search: Search) -> str:
    """One HTML file that opens offline and runs no script."""
    style = asset("report.css") + asset("tune.css")
    made = environment()
    made.globals |= {"measure": measure, "points": points, "short": short}
    made.globals["change"] = lambda one: change(one, search)
    seen = search.trial(search.best).quality if search.best is not None else None
    return made.get_template("tune.html.j2").render(
        style=style,
        policy=content_security_policy(style, ""),
        search=search,
        counts=counts(search),
        seen=seen,
        fresh=search.confirmation(search.best),
        optimism=optimism,
        history=history(search),
        front=front(search),
        slices=slices(search),
        ranked=ranked(search),
        kind_of=lambda row: kind_of(search, row),
        keys=list(dict.fromkeys(key for row in search.trials for key in row.values)),
    )
