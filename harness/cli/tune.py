"""``harness tune RECIPE``: search the ranges of a recipe."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from harness.records.search import Search

app = typer.Typer(add_completion=False)


@app.command()
def tune(
    recipe: Annotated[Path, typer.Argument(help="The recipe's YAML file, with a tune section.")],
    out: Annotated[Path | None, typer.Option(help="Folder; out/NAME OF THE ADAPTER-tune if left out.")] = None,
    trials: Annotated[int | None, typer.Option(min=1, help="Trials in all, instead of the recipe's number.")] = None,
    timeout: Annotated[float | None, typer.Option(min=0, help="Seconds after which no trial is begun.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars and no summary.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print tune.json instead of the table.")] = False,
) -> None:
    """Search the ranges of a recipe: train trial after trial, and hold the best to samples that the search never saw.

    A search that was interrupted goes on where it stopped when the command is given again; with a larger --trials a
    finished one goes on, too. `harness train --explain` says what the recipe's tune section may hold.

    Exit status with subject_to: gate: 0 the best passes every rule on fresh samples; 1 a rule failed, or no trial
    passes; 4 the evidence does not suffice. Without it: 0.
    """
    from rich.console import Console

    from harness.cli import console
    from harness.cli.two_bars import two_bars
    from harness.reports.tune import trial_line, tune_text
    from harness.search.tune import tune as search_ranges
    from harness.training import read_recipe

    objective = tuning.objective if (tuning := read_recipe(recipe).tune) else ""
    with two_bars("trials", quiet or as_json) as (progress, say):
        found = search_ranges(
            recipe,
            out,
            trials=trials,
            timeout=timeout,
            progress=progress,
            tell=lambda row: say(trial_line(row, objective)),
            warn=lambda text: say(f"warning: {text}"),
        )
    if as_json:
        console.print_json(found.model_dump(mode="json"))
    elif not quiet:
        folder = out or Path("out") / f"{found.adapter}-tune"
        Console(highlight=False).print(tune_text(found))
        best = f"   best: {folder / 'best'}" if found.best is not None else ""
        typer.echo(f"report: {folder / 'tune.html'}{best}")
    raise typer.Exit(_exit_status(found))


def _exit_status(found: "Search") -> int:
    if not found.subject_to_gate:
        return 0
    fresh = found.confirmation(found.best)
    return {"pass": 0, "waived": 0, "inconclusive": 4}.get(fresh.verdict or "", 1) if fresh else 1
