"""Logging a run's figures to experiment trackers. Each needs its own package, installed by the user."""

from importlib import import_module
from typing import Any

from harness.exchange.export import tracked
from harness.records import Results, Unavailable


def log_mlflow(results: Results, model: str, experiment: str | None = None) -> str:
    """Log one model's figures as an MLflow run, where ``MLFLOW_TRACKING_URI`` says.

    Returns:
        The run's id.

    Raises:
        Unavailable: mlflow is not installed.
    """
    mlflow = _package("mlflow")
    if experiment:
        mlflow.set_experiment(experiment)
    with mlflow.start_run(run_name=f"{results.suite}/{model}") as run:
        mlflow.log_params({"suite": results.suite, "model": model, "base": results.base})
        mlflow.log_metrics({_mlflow_name(name): value for name, value in tracked(results, model).items()})
        return str(run.info.run_id)


def log_wandb(results: Results, model: str, project: str | None = None) -> str:
    """Log one model's figures as the summary of a Weights & Biases run.

    Returns:
        The run's id.

    Raises:
        Unavailable: wandb is not installed.
    """
    wandb = _package("wandb")
    with wandb.init(project=project, name=f"{results.suite}/{model}", config={"base": results.base}) as run:
        run.summary.update(dict(tracked(results, model)))
        return str(run.id)


def _mlflow_name(name: str) -> str:
    """MLflow takes letters, digits and ``_-. :/`` only."""
    return "".join(c if c.isalnum() or c in "_-. :/" else "_" for c in name)


def _package(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise Unavailable(f"{name} is not installed", mend=f"pip install {name}") from None
