"""``harness leaderboard RUN...``: a static site that ranks the models of some runs."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def leaderboard(
    runs: Annotated[list[Path], typer.Argument(help="Run folders.")],
    out: Annotated[Path, typer.Option(help="Folder of the site.")] = Path("leaderboard"),
    title: Annotated[str, typer.Option(help="Its heading.")] = "Leaderboard",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the figures and ranks as JSON, write no site.")
    ] = False,
) -> None:
    """Rank the models of runs, with intervals of the ranks and groups that cannot be told apart.

    Figures meet only where prompt, data, metric and samples are the same. Opens offline; nothing needs a server.
    """
    from harness.cli import console
    from harness.comparison.leaderboard import leaderboard as rank
    from harness.reports.leaderboard import leaderboard_frame, write_leaderboard
    from harness.runs import Run

    board = rank(Run.open(run) for run in runs)
    if as_json:
        console.print_json(leaderboard_frame(board).to_dict("records"))
        return
    write_leaderboard(board, out, title)
    typer.echo(f"leaderboard: {out / 'index.html'}")
