"""``harness gate RUN``: may the candidates ship? The exit status says so."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def gate(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    policy: Annotated[Path | None, typer.Option(help="YAML file with rules, instead of the suite's own.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Nothing but the exit status.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
) -> None:
    """Decide by the rules of the suite, or of a policy file, from the run's comparison alone, and write the reports.

    Exit status: 0 every rule passed; 1 a rule failed; 4 nothing failed, but the evidence does not suffice.
    """
    from harness.cli import ci, console, decide
    from harness.gate import gate_run
    from harness.reports import report_run
    from harness.runs import Run

    opened = Run.open(run)
    verdict = gate_run(opened, policy)
    report_run(opened)
    ci.tell_ci(opened.comparison, verdict)
    if as_json:
        console.print_json(verdict.model_dump(mode="json"))
    elif not quiet:
        decide.show(opened.comparison, verdict, opened)
    raise typer.Exit(verdict.exit_status)
