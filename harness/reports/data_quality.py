"""The quality of training data: what `harness.training.data` found, for the terminal and as a page."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.reports.pages import asset, content_security_policy, environment
from harness.reports.visible import one_line
from harness.training.data import KINDS, Fault, Quality
from harness.training.data.faults import SEVERITIES

if TYPE_CHECKING:
    from rich.console import RenderableType

#: Faults of a kind that the terminal shows.
_SHOWN = 5
#: Labels and languages that are shown.
_TOP = 20
_STYLE = {"high": "bold red", "medium": "yellow", "low": "cyan"}


def quality_text(quality: Quality, shown: int = _SHOWN) -> "RenderableType":
    """The report for a terminal: facts, then each kind of fault with its first rows."""
    from rich.console import Group

    return Group(*_lines(quality, shown))


def _lines(quality: Quality, shown: int) -> Iterator["RenderableType"]:
    from rich.text import Text

    for name, form in quality.forms.items():
        yield Text(f"{one_line(name, 200)}: {form}")
    for name, value in facts(quality):
        yield Text(f"  {name:<22} {value}")
    if not quality.counts:
        yield Text("nothing to mend", style="green")
    for kind, count in quality.counts.items():
        meant = KINDS[kind]
        yield Text.assemble("\n", (meant.severity, _STYLE[meant.severity]), " ", (kind, "bold"), f" {count:,}")
        yield Text(f"  {meant.title}: {meant.mend}")
        for fault in quality.of(kind)[:shown]:
            yield _line(f"    {one_line(fault.where, 60)}  {one_line(fault.what, 200)}")
            if fault.excerpt.strip():
                yield _line(f"      {one_line(fault.excerpt, 200)}", style="dim")
        if count > shown:
            yield Text(f"    and {count - shown:,} more")


def _line(text: str, style: str = "") -> "RenderableType":
    from rich.text import Text

    return Text(text, style=style, no_wrap=True, overflow="ellipsis")


def facts(quality: Quality) -> list[tuple[str, str]]:
    """What the data is, in figures: name and value."""
    found = [("rows", f"{quality.rows:,}")]
    for name, lengths in quality.characters.items():
        found.append((f"{name}, characters", _spread(lengths.least, lengths.median, lengths.p95, lengths.most)))
    if quality.tokens is not None:
        each = quality.tokens
        found.append(("row, tokens", f"{_spread(each.least, each.median, each.p95, each.most)}; {each.total:,} in all"))
    for name, counts in (("labels", quality.labels), ("languages", quality.languages)):
        if counts:
            top = ", ".join(f"{one_line(value, 30)} {count:,}" for value, count in list(counts.items())[:_TOP])
            more = f" and {len(counts) - _TOP:,} more" if len(counts) > _TOP else ""
            found.append((name, top + more))
    return found


def _spread(least: int, median: int, p95: int, most: int) -> str:
    return f"{least:,} to {most:,}, median {median:,}, 95 % up to {p95:,}"


def quality_page(quality: Quality) -> str:
    """One HTML file that opens offline and runs no script; every text from the data is escaped."""
    style = asset("report.css") + asset("data.css")
    groups: list[tuple[str, int, list[Fault]]] = [
        (kind, count, quality.of(kind)) for kind, count in quality.counts.items()
    ]
    return environment().get_template("data.html.j2").render(
        style=style, policy=content_security_policy(style, ""), quality=quality, heading=_heading(quality),
        facts=facts(quality), groups=groups, kinds=KINDS,
    )  # fmt: skip


def _heading(quality: Quality) -> str:
    """How many faults of each severity: those of high severity fail the check."""
    counts = dict.fromkeys(SEVERITIES, 0)
    for kind, count in quality.counts.items():
        counts[KINDS[kind].severity] += count
    said = ", ".join(f"{count:,} {severity}" for severity, count in counts.items() if count)
    return f"Faults: {said}" if said else "Nothing to mend"
