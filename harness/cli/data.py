"""``harness data contamination``: what a training set and the tasks that judge it have in common."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from harness.training.contamination import Overlap

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def data() -> None:
    """Look at training data."""


@app.command()
def contamination(
    files: Annotated[list[Path], typer.Argument(help="Training data: JSONL, JSON, CSV, TSV or Parquet.")],
    tasks: Annotated[list[str], typer.Option("--tasks", "-t", help="A task, tag:NAME or a path; may be given again.")],
    limit: Annotated[int, typer.Option(help="Samples listed a task.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print every overlap as JSON.")] = False,
) -> None:
    """Which samples of tasks stand in training data: whole, with 13 words in a row, or nearly.

    Exit status: 0 none does; 1 some do.
    """
    from harness.cli import console
    from harness.tasks import find_tasks
    from harness.training.contamination import TrainingText
    from harness.training.examples import read_file

    text = TrainingText(example for file in files for example in read_file(file).examples)
    asked = {task.name: task.samples() for task in find_tasks(tasks, folder=Path())}
    found = {name: text.overlaps(samples) for name, samples in asked.items()}
    if as_json:
        console.print_json(
            {
                name: {"samples": len(asked[name]), "contaminated": len(seen), "overlaps": _rows(seen)}
                for name, seen in found.items()
            }
        )
    else:
        for name, seen in found.items():
            typer.echo(f"{name}: {len(seen)} of {len(asked[name])} samples stand in the training data")
            for one in list(seen.values())[:limit]:
                typer.echo(console.printable(f"  {one.kind:<6} {one.where}  {' '.join(one.shared.split())[:90]}"))
    raise typer.Exit(int(any(found.values())))


def _rows(overlaps: "dict[str, Overlap]") -> list[dict[str, str]]:
    return [{"key": key, "kind": o.kind, "where": o.where, "shared": o.shared} for key, o in overlaps.items()]
