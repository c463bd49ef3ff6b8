"""``harness trend``: how a model's figures moved from run to run."""

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.baseline import HISTORY, HistoryFile

app = typer.Typer(add_completion=False)


@app.command()
def trend(
    runs: Annotated[list[Path] | None, typer.Argument(help="Run folders to add to the history first.")] = None,
    model: Annotated[str, typer.Option(help="The name that the model carries in the runs.")] = "candidate",
    task: Annotated[list[str] | None, typer.Option(help="Only this task; may be given again.")] = None,
    history: HistoryFile = HISTORY,
    out: Annotated[Path | None, typer.Option(help="Write a page with a plot for each task.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the points as JSON.")] = False,
) -> None:
    """Show each task's main figure over time, with the paired change from the run before.

    Changes are marked where they are significant (Holm over the tasks). They need the samples of both runs; figures
    stay in the history when a run folder is deleted.
    """
    from rich.console import Console

    from harness.cli import console
    from harness.comparison.trend import trends
    from harness.reports.trend import trend_json, trend_page, trend_table
    from harness.runs import Run, write_text
    from harness.runs.history import History

    kept = History(history)
    for folder in runs or ():
        kept.add(Run.open(folder))
    found = trends(kept.figures(), model, task or ())
    if as_json:
        console.print_json(trend_json(found))
    else:
        Console().print(trend_table(found, model))
    if out is not None:
        write_text(out, trend_page(found, model))
        if not as_json:
            typer.echo(f"trend: {out}")
