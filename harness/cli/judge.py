"""``harness judge RUN JUDGE.yaml``: a model grades the answers of a run."""

from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(add_completion=False)


@app.command()
def judge(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    settings: Annotated[Path, typer.Argument(help="The judge's YAML file: base, engine, criteria, pairwise.")],
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars and no table.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the judge's agreement as JSON.")] = False,
) -> None:
    """Let a model judge generated answers by a rubric, alone or in pairs with swapped places.

    Grades become figures of their tasks (judge_helpfulness, judge_preference), which rules can name; the judge's
    agreement with the run's checks, with labels and with itself is shown beside them and kept in judge.json.
    """
    from harness.cli import console, decide
    from harness.judging import judge_run, read_judge
    from harness.runs import Run

    opened = Run.open(run)
    with console.progress_bars(quiet or as_json) as progress:
        found = judge_run(opened, read_judge(settings), progress)
    comparison, verdict = decide.conclude(opened)
    if as_json:
        console.print_json(found)
    elif not quiet:
        decide.show(comparison, verdict)
        for line in _lines(found):
            typer.echo(console.printable(line))


def _lines(found: dict[str, Any]) -> list[str]:
    lines = [f"{found['judge']} judged {found['answers']:,} answers"]
    lines += [
        f"  agrees with {one['check']} on {one['task']}: {one['agreement']:.0%} of {one['n']:,}, "
        f"kappa {_shown(one['kappa'])}"
        for one in found["checks"]
    ]
    lines += [
        f"  {one['criterion']} against {one['field']}: rank correlation {_shown(one['spearman'])} over {one['n']:,}"
        for one in found["labels"]
    ]
    if (pairs := found["pairs"])["judged"]:
        same, first = pairs["same_in_both_orders"], pairs["prefers_the_first"]
        lines.append(
            f"  says the same in both orders: {same:.0%} of {pairs['judged']:,} pairs; takes the first: {first:.0%}"
        )
    return lines


def _shown(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f}"
