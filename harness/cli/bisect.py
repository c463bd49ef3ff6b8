"""``harness bisect SUITE CHECKPOINT...``: which checkpoint is the first that the gate stops."""

import re
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def bisect(
    suite: Annotated[Path, typer.Argument(help="A suite with a gate.")],
    checkpoints: Annotated[list[Path], typer.Argument(help="Adapter folders; sorted by the numbers in their names.")],
    model: Annotated[str, typer.Option(help="The suite's model whose adapter the checkpoints replace.")] = "candidate",
    out: Annotated[Path, typer.Option(help="Folder of the runs.")] = Path("runs/bisect"),
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Find where a regression began, evaluating as few checkpoints as possible.

    A checkpoint is bad where the gate fails it (inconclusive is not bad), and all after the first bad one are taken to
    be bad as well. Answers of the other models are asked once. Runs are kept: the same command goes on where it was
    stopped.
    """
    from harness.cli import console, decide
    from harness.evaluation import evaluate, load_suite
    from harness.evaluation.bisect import bisect as search
    from harness.records import InputError, nearest

    wanted = load_suite(suite)
    if wanted.models.get(model) is None or wanted.models[model].adapter is None:
        tuned = [name for name, entry in wanted.models.items() if entry.adapter is not None]
        raise InputError(f"no model {model!r} with an adapter", where=str(suite), mend=nearest(model, tuned))
    if not wanted.gate:
        raise InputError("has no gate: nothing says what a bad checkpoint is", where=str(suite), mend="add gate rules")
    ordered = sorted(checkpoints, key=_natural)

    def is_bad(place: int) -> bool:
        folder = ordered[place]
        with console.progress_bars(quiet or as_json) as progress:
            one = wanted.with_adapter(model, folder.resolve())
            run = evaluate(one, out / _natural_name(folder), cache=out / "answers.sqlite", progress=progress)
        _, verdict = decide.conclude(run)
        assert verdict is not None  # the suite has a gate
        decision = verdict.candidates.get(model, "unavailable")
        if not as_json:
            typer.echo(f"{folder}: {decision}")
        return decision in ("fail", "unavailable")

    found = search([str(folder) for folder in ordered], is_bad)
    first, before = ordered[found.first_bad], ordered[found.first_bad - 1] if found.first_bad else None
    if as_json:
        console.print_json({"first_bad": str(first), "last_good": str(before) if before else None,
                            "evaluated": [str(ordered[place]) for place in found.tried]})  # fmt: skip
        return
    after = f"; {before} does not fail" if before else ", the oldest of them"
    typer.echo(f"first bad checkpoint: {first}{after} ({len(found.tried)} of {len(ordered)} evaluated)")
    typer.echo(f"report: {out / _natural_name(first) / 'report.html'}")


def _natural(path: Path) -> list[tuple[int, str]]:
    """Orders checkpoint-9 before checkpoint-10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", str(path))]


def _natural_name(folder: Path) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "-", "-".join(folder.resolve().parts[-2:]))
