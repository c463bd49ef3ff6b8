"""``harness train RECIPE``: an adapter from a recipe and its data."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from harness.training import Step

app = typer.Typer(add_completion=False)


@app.command()
def train(
    recipe: Annotated[Path | None, typer.Argument(help="The recipe's YAML file; with --explain, a method.")] = None,
    out: Annotated[Path | None, typer.Option(help="Adapter folder; out/NAME OF THE ADAPTER if left out.")] = None,
    seed: Annotated[int | None, typer.Option(help="Instead of the recipe's.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar and no summary.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the record of the training as JSON.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Say what a recipe may hold, and train nothing.")] = False,
) -> None:
    """Train an adapter. A training that was interrupted goes on where it stopped when the command is given again."""
    import json

    from harness.cli import console
    from harness.records import InputError

    if explain:
        from harness.cli.explain_training import explain as explain_training

        explain_training(None if recipe is None else str(recipe), as_json)
        return
    if recipe is None:
        raise InputError("no recipe", mend="name its file; `harness train --explain` says what it may hold")
    from harness.models.examine import TRAINING_RECORD
    from harness.training import train as train_adapter

    with _bar(quiet or as_json) as watch:
        adapter = train_adapter(recipe, out, seed=seed, watch=watch, warn=_warn)
    record = json.loads((adapter.folder / TRAINING_RECORD).read_text(encoding="utf-8"))
    if as_json:
        console.print_json(record | {"folder": str(adapter.folder), "adapter_fingerprint": adapter.fingerprint})
    elif not quiet:
        typer.echo(console.printable(_summary(record, adapter.folder)))


def _summary(record: dict[str, Any], folder: Path) -> str:
    losses, doctor = record["losses"], record["doctor"]
    read = ", ".join(
        f"{file['rows']} rows of {{{file['form']}}} from {file['path']}" for file in record["data"]["files"]
    )
    held_out = f", on held-out rows {losses['held_out_loss']:.3f}" if "held_out_loss" in losses else ""
    return (
        f"{read}; {doctor['learned_share']:.0%} of {doctor['tokens']} tokens learned\n"
        f"{record['steps']} steps in {record['seconds']:.0f} s, {record['trained_parameters']:,} parameters; "
        f"loss {losses['first_loss']:.3f} to {losses['last_loss']:.3f}{held_out}\n"
        f"{'base' if record['recipe']['method']['kind'] == 'full' else 'adapter'}: {folder}"
    )


def _warn(text: str) -> None:
    from harness.cli import console

    typer.echo(f"warning: {console.printable(text)}", err=True)


@contextmanager
def _bar(quiet: bool) -> "Iterator[Callable[[Step], None] | None]":
    """One bar on standard error, with loss, learning rate and speed beside it."""
    if quiet:
        yield None
        return
    from time import monotonic

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("train"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("train", total=None, figures="reading the data, loading the base")
        started: tuple[float, int] | None = None

        def watch(step: "Step") -> None:
            nonlocal started
            if step.loss is None:
                return
            started = started or (monotonic(), step.tokens)
            speed = (step.tokens - started[1]) / max(monotonic() - started[0], 1e-9)
            figures = f"loss {step.loss:.3f}  lr {step.learning_rate:.1e}  {speed:,.0f} tokens/s"
            bars.update(task, completed=step.step, total=step.steps, figures=figures)

        yield watch
