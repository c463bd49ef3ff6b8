"""``harness compare RUN``: the models of a run against its base and baseline, or two runs against each other."""

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.baseline import HISTORY, HistoryFile

app = typer.Typer(add_completion=False)


@app.command()
def compare(
    run: Annotated[Path, typer.Argument(help="Run folder; with a second one, the candidate's.")],
    other: Annotated[Path | None, typer.Argument(help="A second run folder, the reference's.")] = None,
    candidate: Annotated[str | None, typer.Option(help="With two runs: the model of the first.")] = None,
    reference: Annotated[str | None, typer.Option(help="With two runs: the model of the second.")] = None,
    to_baseline: Annotated[bool, typer.Option(help="Compare --candidate with the baseline of the history.")] = False,
    history: HistoryFile = HISTORY,
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON.")] = False,
) -> None:
    """Compare models sample by sample: differences with intervals, adjusted p-values and flips."""
    from harness.cli import console, decide
    from harness.comparison import compare as compare_run
    from harness.gate import run_rules
    from harness.records import InputError
    from harness.runs import Run

    if other is None and not to_baseline and (given := candidate or reference):
        raise InputError(
            f"{given!r} has nothing to be compared with: all models of one run are compared",
            mend="leave --candidate and --reference out, or name a second run or --to-baseline",
        )
    if to_baseline:
        other, reference = _baseline(history, other)
    if other is None:
        models = decide.named_references(run_rules(Run.open(run)))
    elif candidate and reference:
        models = [candidate, reference]
    else:
        raise InputError("comparing two runs needs a model of each", mend="name --candidate and --reference")
    comparison = compare_run(run, other, models)
    if as_json:
        console.print_json(comparison.model_dump(mode="json"))
    else:
        decide.show(comparison, None)


def _baseline(history: Path, other: Path | None) -> tuple[Path, str]:
    """The run and the model of the baseline."""
    from harness.records import InputError
    from harness.runs.history import History

    if other is not None:
        raise InputError("a second run and --to-baseline exclude each other", mend="leave one of them out")
    found = History(history).baseline()
    return found.folder, found.model
