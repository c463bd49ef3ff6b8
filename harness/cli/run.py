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
    until_decided: Annotated[
        bool, typer.Option("--until-decided", help="Take samples in random order, and no more than the rules need.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars and no table.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of the table.")] = False,
) -> None:
    """Evaluate a suite, compare its models, and decide by its gate.

    A run that was interrupted goes on where it stopped when the same command is given again. With --until-decided,
    rules rest on evidence that holds whenever one stops (betting confidence sequences): clear cases need a fraction of
    the samples, close ones may stay open that all samples would decide. Rules on figures that are no means of bounded
    values (BLEU, macro-F1, perplexity) are not decided early: their tasks are asked whole.
    """
    from harness.cli import ci, console, decide
    from harness.evaluation import evaluate, load_suite
    from harness.gate import until_decided as referee_of

    loaded = load_suite(suite)
    referee = referee_of(loaded) if until_decided else None
    with console.progress_bars(quiet or as_json) as progress:
        done = evaluate(loaded, out, cache=cache, progress=progress, referee=referee)
    comparison, verdict = decide.conclude(done)
    ci.tell_ci(comparison, verdict)
    if as_json:
        console.print_json(decide.as_json(comparison, verdict, done))
    elif not quiet:
        decide.show(comparison, verdict, done)
        if until_decided:
            typer.echo(decide.taken(done))
        typer.echo(f"run folder: {done.folder}   report: {done.folder / 'report.html'}")
        if verdict is None:
            typer.echo("the suite has no gate: nothing was decided")
    raise typer.Exit(verdict.exit_status if verdict else 0)
