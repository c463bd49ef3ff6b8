"""``harness score RUN``: score the samples of a run again, without a model."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def score(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Score the samples of a run again, and write scores, results and comparison anew.

    Needed after a metric changed: no model is loaded.
    """
    from harness.cli import console, decide
    from harness.comparison import compare
    from harness.evaluation import rescore
    from harness.gate import run_rules
    from harness.runs import Run

    opened = Run.open(run)
    rescore(opened)
    comparison = compare(opened, models=decide.named_references(run_rules(opened)))
    if as_json:
        console.print_json(opened.results.model_dump(mode="json"))
    else:
        decide.show(comparison, None)
