"""``harness report RUN``: write the reports of a run again."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def report(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing.")] = False,
) -> None:
    """Write report.html, report.md and junit.xml again from what lies in the run folder."""
    from harness.reports import report_run
    from harness.runs import Run

    opened = Run.open(run)
    report_run(opened)
    if not quiet:
        typer.echo(f"report: {opened.folder / 'report.html'}")
