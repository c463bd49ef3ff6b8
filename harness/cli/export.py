"""``harness export RUN MODEL --to ...``: a model's figures in the form of another tool."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


class Form(StrEnum):
    """What can be written."""

    model_index = "model-index"
    lm_eval = "lm-eval"
    inspect = "inspect"
    mlflow = "mlflow"
    wandb = "wandb"


@app.command()
def export(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    model: Annotated[str, typer.Argument(help="A model of that run.")],
    to: Annotated[Form, typer.Option(help="The form; mlflow and wandb are logged to, the others written.")],
    out: Annotated[Path | None, typer.Option(help="File (model-index) or folder (lm-eval, inspect) to write.")] = None,
    project: Annotated[str | None, typer.Option(help="Of wandb; the experiment of mlflow.")] = None,
) -> None:
    """Export figures: the front matter of a Hugging Face model card, results of another tool, or a tracker.

    For lm-eval and inspect the answers and the value of each go along.
    """
    import yaml

    from harness.exchange.export import model_index
    from harness.exchange.samples_out import write_inspect, write_lm_eval
    from harness.exchange.trackers import log_mlflow, log_wandb
    from harness.records import InputError
    from harness.runs import Run, write_text

    opened = Run.open(run)
    results = opened.results
    index = model_index(results, model)  # says what is wrong with the model's name, whatever the form
    if to is Form.mlflow:
        typer.echo(f"mlflow run {log_mlflow(results, model, project)}")
        return
    if to is Form.wandb:
        typer.echo(f"wandb run {log_wandb(results, model, project)}")
        return
    if to in (Form.lm_eval, Form.inspect):
        if out is None:
            raise InputError(f"--to {to} writes several files", mend="name a folder with --out")
        (write_lm_eval if to is Form.lm_eval else write_inspect)(opened, model, out)
        typer.echo(f"written: {out}")
        return
    text = f"---\n{yaml.safe_dump(index, sort_keys=False, allow_unicode=True)}---\n"
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_text(out, text)
        typer.echo(f"written: {out}")
