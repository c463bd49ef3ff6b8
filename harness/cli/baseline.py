"""``harness baseline set|show``: the released model that new ones are held against."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Set or show the released model that new ones are held against.", add_completion=False, no_args_is_help=True
)

HISTORY = Path("runs/history.sqlite")
HistoryFile = Annotated[Path, typer.Option(help="The history: one SQLite file.")]


@app.command("set")
def set_(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    model: Annotated[str, typer.Argument(help="A model of that run.")],
    history: HistoryFile = HISTORY,
) -> None:
    """Make a model of a run the baseline; `harness compare RUN --candidate MODEL --to-baseline` compares with it."""
    from harness.runs import Run
    from harness.runs.history import History

    History(history).set_baseline(Run.open(run), model)
    typer.echo(f"baseline: {model} of {run}")


@app.command()
def show(
    history: HistoryFile = HISTORY,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show the baseline."""
    from harness.cli import console
    from harness.runs.history import History

    found = History(history).baseline()
    if as_json:
        console.print_json({"model": found.model, "run": str(found.folder), "added": found.added})
    else:
        typer.echo(f"{found.model} of {found.folder} (added {found.added})")
