"""``harness run SUITE``: ask, score, compare, decide, report."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def run(
    suite: Annotated[Path, typer.Argument(help="The suite's YAML file.")],
    out: Annotated[Path | None, typer.Option(help="Run folder; runs/NAME OF THE SUITE if left out.")] = None,
    cache: Annotated[Path | None, typer.Option(help="A file of answers shared between runs.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars and no table.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of the table.")] = False,
) -> None:
    """Evaluate a suite, compare its models, and decide by its gate.

    A run that was interrupted goes on where it stopped when the same command is given again.
    """
    from harness.cli import ci, console, decide
    from harness.evaluation import evaluate

    with console.progress_bars(quiet or as_json) as progress:
        done = evaluate(suite, out, cache=cache, progress=progress)
    comparison, verdict = decide.conclude(done)
    ci.tell_ci(comparison, verdict)
    if as_json:
        console.print_json(decide.as_json(comparison, verdict, done))
    elif not quiet:
        decide.show(comparison, verdict)
        typer.echo(f"run folder: {done.folder}   report: {done.folder / 'report.html'}")
        if verdict is None:
            typer.echo("the suite has no gate: nothing was decided")
    raise typer.Exit(verdict.exit_status if verdict else 0)
