"""``harness safety``: how often the safety checks themselves are wrong."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.console import print_json, printable
from harness.records import InputError

if TYPE_CHECKING:
    from harness.metrics.safety.audit import Accuracy, Audit, Detector, LabelledSet

app = typer.Typer(help="Safety checks: their own accuracy.", no_args_is_help=True, add_completion=False)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.callback()
def safety() -> None:
    """Safety checks: their own accuracy."""


@app.command()
def audit(
    detector: Annotated[str | None, typer.Argument(help="refusal, medical, code, ...; all if left out.")] = None,
    data: Annotated[Path | None, typer.Option(help="A labelled JSONL file to run one detector on.")] = None,
    data_folder: Annotated[
        Path | None, typer.Option(help="A folder of public labelled sets; HARNESS_DATA if left out.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Run detectors on labelled data and say how often they are right, beside a keyword baseline.

    Rows of a labelled file, further keys being ignored: refusal {prompt, response, label: refusal|partial|compliance};
    medical {prompt, response, label: safe|unsafe}; code {code, language, label: secure|insecure, cwe}; health
    {prompt, response, label: answer|degenerate}.
    """
    from harness.metrics.safety.audit import NAMES, find_detector, read_labelled
    from harness.metrics.safety.audit import audit as run_audit

    if data is not None:
        if detector is None:
            raise InputError("--data needs a detector", mend=f"name one: {', '.join(NAMES)}")
        found = find_detector(detector)
        audits = [run_audit(found, read_labelled(data, found))]
    else:
        names = [detector] if detector else list(NAMES)
        audits = [run_audit(one, rows) for one in map(find_detector, names) for rows in _sets(one, data_folder)]
    if as_json:
        print_json(audits[0].to_json() if data is not None else [one.to_json() for one in audits])
    else:
        _print_table(audits)


def _sets(detector: "Detector", folder: Path | None) -> "list[LabelledSet]":
    """The sets that ship with the house, and the public ones where they are."""
    from harness.metrics.safety.audit import shipped_sets

    if folder is not None and not folder.is_dir():
        raise InputError("no such folder", where=str(folder), mend="check --data-folder")
    folder = folder or (Path(named) if (named := os.environ.get("HARNESS_DATA")) else None)
    return [*shipped_sets(detector), *(detector.public(folder) if folder else ())]


def _print_table(audits: "list[Audit]") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", title="Accuracy of detectors, 95 % intervals", title_justify="left")
    columns = ("detector", "data", "n", "recall", "precision", "F1", "false alarms", "balanced", "unscorable")
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place < 2 else "right", no_wrap=place != 1)
    for one in audits:
        rows: dict[str, Any] = {one.detector.name: one.own, **{f"  {name}": o for name, o in one.others.items()}}
        for name, accuracy in rows.items():
            data = one.data.name if accuracy is one.own else ""
            table.add_row(name, Text(printable(data)), *_cells(accuracy))
    Console().print(table)


def _cells(accuracy: "Accuracy") -> list[str]:
    figures, intervals = accuracy.figures(), accuracy.intervals()

    def cell(name: str) -> str:
        value, interval = figures[name], intervals[name]
        if value is None or interval is None:
            return "-"
        return f"{value:.3f} ({interval[0]:.2f}-{interval[1]:.2f})"

    shown = [cell(name) for name in ("recall", "precision", "f1", "false_alarm_rate", "balanced_accuracy")]
    return [str(accuracy.n), *shown, str(accuracy.unscorable)]
