"""``harness safety``: how often the safety checks themselves are wrong."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    cards: Annotated[
        Path | None, typer.Option(help="Also write the card of each check, its measured accuracy, into this folder.")
    ] = None,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print one table in Markdown.")] = False,
    as_json: Json = False,
) -> None:
    """Run detectors on labelled data and say how often they are right, beside a keyword baseline.

    Rows of a labelled file, further keys being ignored: refusal {prompt, response, label: refusal|partial|compliance};
    medical {prompt, response, label: safe|unsafe}; medical_advice {prompt, response, label: treatment|information};
    code {code, language, label: secure|insecure, cwe}; pii {text, spans: [{type, start, end}]}; toxicity {text, label:
    toxic|benign or hateful|non-hateful}; injection {prompt, response, canary, answer, label: fine|error}; health
    {prompt, response, label: answer|degenerate}.
    """
    from harness.metrics.safety.audit import NAMES, find_detector, read_labelled
    from harness.metrics.safety.audit import audit as run_audit

    if data is not None:
        if detector is None:
            raise InputError("--data needs a detector", mend=f"name one: {', '.join(NAMES)}")
        found = find_detector(detector)
        sets = {found: [read_labelled(data, found)]}
    else:
        sets = {one: _sets(one, data_folder) for one in map(find_detector, [detector] if detector else NAMES)}
    audits = [run_audit(one, rows) for one, labelled in sets.items() for rows in labelled]
    if cards is not None:
        _write_cards(cards, sets)
    if as_json:
        print_json(audits[0].to_json() if data is not None else [one.to_json() for one in audits])
    elif as_markdown:
        typer.echo(_markdown(audits))
    else:
        for one in audits:
            _print_table(one)
        _print_missing(audits, sets)


def _write_cards(folder: Path, sets: "dict[Detector, list[LabelledSet]]") -> None:
    from harness.metrics.safety.audit import measure_card
    from harness.runs import write_text

    command = "harness safety audit --cards CARDS --data-folder DATA"
    folder.mkdir(parents=True, exist_ok=True)
    for detector, labelled in sets.items():
        for check in detector.checks:
            card = measure_card(check, detector, labelled, command)
            write_text(folder / f"{check}.json", json.dumps(card.to_json(), indent=1, ensure_ascii=False) + "\n")


def _sets(detector: "Detector", folder: Path | None) -> "list[LabelledSet]":
    """The sets that ship with the house, and the public ones where they are."""
    from harness.metrics.safety.audit import shipped_sets

    if folder is not None and not folder.is_dir():
        raise InputError("no such folder", where=str(folder), mend="check --data-folder")
    folder = folder or (Path(named) if (named := os.environ.get("HARNESS_DATA")) else None)
    return [*shipped_sets(detector), *(detector.public(folder) if folder else ())]


def _print_table(audit: "Audit") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    unscorable = f", {audit.own.unscorable:,} unscorable" if audit.own.unscorable else ""
    title = f"{audit.detector.name}: {printable(audit.data.name)}, {audit.own.n:,} labelled{unscorable}"
    table = Table(box=None, header_style="bold")
    for place, column in enumerate(("", "recall", "precision", "F1", "false alarms")):
        table.add_column(column, justify="right" if place else "left", no_wrap=True)
    for name, accuracy in {"own": audit.own, **audit.others}.items():
        table.add_row(name, *_cells(accuracy))
    Console().print(Text(title, style="bold"), table, "", sep="\n")


def _markdown(audits: "list[Audit]") -> str:
    """One row a set; the last column holds the F1 of what the detector is compared with, or recall or false alarms."""
    lines = [
        "| detector | data | n | recall | precision | F1 | false alarms | unscorable | compared with |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for one in audits:
        others = ", ".join(f"{name} {_one_figure(accuracy)}" for name, accuracy in one.others.items())
        cells = (one.detector.name, one.data.name, f"{one.own.n:,}", *_cells(one.own), str(one.own.unscorable), others)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _one_figure(accuracy: "Accuracy") -> str:
    figures = accuracy.figures()
    for name, said in (("f1", "F1"), ("recall", "recall"), ("false_alarm_rate", "false alarms")):
        if (value := figures[name]) is not None:
            return f"{said} {value:.3f}"
    return "-"


def _cells(accuracy: "Accuracy") -> list[str]:
    figures, intervals = accuracy.figures(), accuracy.intervals()

    def cell(name: str) -> str:
        value, interval = figures[name], intervals[name]
        return "-" if value is None or interval is None else f"{value:.3f} {interval[0]:.2f}-{interval[1]:.2f}"

    return [cell(name) for name in ("recall", "precision", "f1", "false_alarm_rate")]


def _print_missing(audits: "list[Audit]", sets: "dict[Detector, list[LabelledSet]]") -> None:
    measured = {one.detector.name for one in audits}
    for detector in sets:
        if detector.name not in measured:
            typer.echo(
                f"{detector.name}: no labelled set is here; name a folder with --data-folder, or a file with --data"
            )
    typer.echo("95 % intervals: Wilson; unscorable rows count as not flagged")
