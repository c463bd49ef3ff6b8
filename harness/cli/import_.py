"""``harness import lm-eval|inspect``: results of another tool as a run to compare, report and gate."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from harness.exchange.imported import ImportedModel

app = typer.Typer(
    help="Make a run of another tool's results, to compare, report and gate.",
    add_completion=False,
    no_args_is_help=True,
)

Results = Annotated[list[str], typer.Argument(help="Result files, one a model; NAME=PATH gives the model a name.")]
Out = Annotated[Path, typer.Option(help="The run folder to make.")]


@app.command("lm-eval")
def lm_eval(results: Results, out: Out) -> None:
    """Results of lm-evaluation-harness: results_*.json (or its folder), written with --log_samples."""
    from harness.exchange.lm_eval import read_lm_eval

    _write([_read(one, read_lm_eval) for one in results], out)


@app.command("inspect")
def inspect_(results: Results, out: Out) -> None:
    """Logs of inspect_ai; several logs of one NAME are its tasks."""
    from harness.exchange.imported import together
    from harness.exchange.inspect_logs import read_inspect

    _write(together([_read(one, read_inspect) for one in results]), out)


def _read(named: str, reader: "Callable[[Path, str | None], ImportedModel]") -> "ImportedModel":
    name, equals, path = named.partition("=")
    # A path may hold an equals sign; a name holds no separator.
    return reader(Path(path), name) if equals and "/" not in name else reader(Path(named), None)


def _write(models: "list[ImportedModel]", out: Path) -> None:
    from harness.cli import decide
    from harness.exchange.imported import write_imported

    run = write_imported(models, out)
    comparison, _ = decide.conclude(run)
    decide.show(comparison, None)
    for model in models:
        for task in model.tasks:
            for figure, reason in task.left_out.items():
                typer.echo(f"left out: {model.name}, {task.name}, {figure}: {reason}", err=True)
    typer.echo(f"run folder: {run.folder}   decide: harness gate {run.folder} --policy POLICY")
