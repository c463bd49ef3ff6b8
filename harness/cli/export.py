"""``harness export RUN MODEL --to ...``: a model's figures in the form of another tool."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


class Form(StrEnum):
    """What can be written."""

    model_index = "model-index"
    lm_eval = "lm-eval"
    mlflow = "mlflow"
    wandb = "wandb"


@app.command()
def export(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    model: Annotated[str, typer.Argument(help="A model of that run.")],
    to: Annotated[Form, typer.Option(help="model-index and lm-eval are written, mlflow and wandb are logged to.")],
    out: Annotated[Path | None, typer.Option(help="File to write; standard output if left out.")] = None,
    project: Annotated[str | None, typer.Option(help="Of wandb; the experiment of mlflow.")] = None,
) -> None:
    """Export figures: the front matter of a Hugging Face model card, lm-eval results, or a tracker."""
    import yaml

    from harness.exchange.export import lm_eval_results, model_index
    from harness.exchange.trackers import log_mlflow, log_wandb
    from harness.runs import Run, write_text

    results = Run.open(run).results
    index = model_index(results, model)  # says what is wrong with the model's name, whatever the form
    if to is Form.mlflow:
        typer.echo(f"mlflow run {log_mlflow(results, model, project)}")
        return
    if to is Form.wandb:
        typer.echo(f"wandb run {log_wandb(results, model, project)}")
        return
    if to is Form.model_index:
        text = f"---\n{yaml.safe_dump(index, sort_keys=False, allow_unicode=True)}---\n"
    else:
        text = json.dumps(lm_eval_results(results, model), indent=2) + "\n"
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_text(out, text)
        typer.echo(f"written: {out}")
