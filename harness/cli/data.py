"""``harness data``: is training data sound, its parts, a diverse subset, and what it shares with tasks."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from harness.training.contamination import Overlap

app = typer.Typer(add_completion=False, no_args_is_help=True)

_KINDS = "JSONL, JSON, CSV, TSV, Parquet; a folder; or a hub id: org/name, org/name/split, org/name/subset/split."
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars.")]
Force = Annotated[bool, typer.Option(help="Replace what is there.")]


@app.callback()
def data() -> None:
    """Check training data, split it, select from it, and look for tasks inside it."""


@app.command()
def check(
    files: Annotated[list[str], typer.Argument(help=f"Training data: {_KINDS}")],
    base: Annotated[
        str | None, typer.Option(help="Count tokens as this model does: reference, a folder, a hub id.")
    ] = None,
    max_length: Annotated[
        int | None, typer.Option(min=1, help="Longest row in tokens; the base's own if left out.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Any fault counts, not only those of high severity.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write the report as a page.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="Rows listed a kind of fault on the terminal.")] = 5,
    quiet: Quiet = False,
) -> None:
    """Look for what is wrong with training data: structure, wording, repeats, labels, formats, lengths.

    Exit status: 0 nothing to mend; 1 a fault of high severity (with --strict: any); 2 a file cannot be read.
    """
    from rich.console import Console

    from harness.cli import console
    from harness.reports.data_quality import quality_page, quality_text
    from harness.runs import write_text
    from harness.training.data import check_files

    with console.progress_bars(quiet) as progress:
        quality = check_files(files, base=base, max_length=max_length, progress=progress)
    if as_json:
        console.print_json(quality.to_json())
    else:
        Console(highlight=False).print(quality_text(quality, limit))
    if html is not None:
        write_text(html, quality_page(quality))
        typer.echo(f"page: {html}", err=True)
    raise typer.Exit(int(quality.at_least("low" if strict else "high") > 0))


@app.command()
def split(
    file: Annotated[str, typer.Argument(help=f"Training data: {_KINDS}")],
    out: Annotated[Path, typer.Option(help="Folder for one JSONL file a part.")],
    parts: Annotated[str, typer.Option(help="Names and shares.")] = "train=0.8,validation=0.1,test=0.1",
    seed: Annotated[int, typer.Option(help="Another seed, another split.")] = 0,
    force: Force = False,
) -> None:
    """Split data into parts: seeded, each label in its share, near duplicates and equal prompts in one part.

    The order of the rows does not matter.
    """
    from harness.training.data.split import parse_parts, readable, write_parts
    from harness.training.data.split import split as split_records

    shares = parse_parts(parts)
    records = readable(file)
    found = split_records(records, shares, seed)
    paths = write_parts(found.parts, out, force=force)
    typer.echo(f"{len(records):,} rows in {found.groups:,} groups of near duplicates and equal prompts")
    for name, rows in found.parts.items():
        typer.echo(f"  {name:<12} {len(rows):>8,}  {len(rows) / len(records):6.1%}  {paths[name]}")
    if found.off(shares):
        largest = f"the largest group holds {found.largest:,} rows and stays in one part"
        typer.echo(f"warning: parts are off their shares: {largest}", err=True)


@app.command()
def select(
    file: Annotated[str, typer.Argument(help=f"Training data: {_KINDS}")],
    count: Annotated[int, typer.Option("-n", "--count", min=1, help="Rows to take.")],
    out: Annotated[Path, typer.Option(help="JSONL file to write.")],
    by: Annotated[Literal["tfidf", "embeddings"], typer.Option(help="What rows are compared by.")] = "tfidf",
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Take the most diverse rows: each next one lies farthest from all taken before (Gonzalez 1985).

    Odd rows are far from others: check the data first.
    """
    from harness.cli import console
    from harness.records import InputError
    from harness.runs import write_text
    from harness.training.data.select import embeddings, farthest_first, tfidf
    from harness.training.data.split import readable, row_line

    if out.exists() and not force:
        raise InputError("already there", where=str(out), mend="name another file, or give --force")
    records = readable(file)
    texts = [record.text for record in records]
    vectors = tfidf(texts) if by == "tfidf" else embeddings(texts)
    with console.progress_bars(quiet) as progress:
        taken = farthest_first(vectors, count, progress)
    write_text(out, "".join(row_line(records[i].raw) + "\n" for i in taken))
    typer.echo(f"{len(taken):,} of {len(records):,} rows: {out}")


@app.command()
def contamination(
    files: Annotated[list[str], typer.Argument(help=f"Training data: {_KINDS}")],
    tasks: Annotated[list[str], typer.Option("--tasks", "-t", help="A task, tag:NAME or a path; may be given again.")],
    limit: Annotated[int, typer.Option(min=0, help="Samples listed a task.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print every overlap as JSON.")] = False,
) -> None:
    """Which samples of tasks stand in training data: whole, with 13 words in a row, or nearly.

    Exit status: 0 none does; 1 some do.
    """
    from harness.cli import console
    from harness.tasks import find_tasks
    from harness.training.contamination import TrainingText
    from harness.training.rows.examples import read_any

    text = TrainingText(example for file in files for example in read_any(file).examples)
    asked = {task.name: task.samples() for task in find_tasks(tasks, folder=Path())}
    found = {name: text.overlaps(samples) for name, samples in asked.items()}
    if as_json:
        console.print_json(
            {
                name: {"samples": len(asked[name]), "contaminated": len(seen), "overlaps": _rows(seen)}
                for name, seen in found.items()
            }
        )
    else:
        for name, seen in found.items():
            typer.echo(f"{name}: {len(seen)} of {len(asked[name])} samples stand in the training data")
            for one in list(seen.values())[:limit]:
                typer.echo(console.printable(f"  {one.kind:<6} {one.where}  {' '.join(one.shared.split())[:90]}"))
            if len(seen) > limit:
                typer.echo(f"  and {len(seen) - limit} more (--limit)")
    raise typer.Exit(int(any(found.values())))


def _rows(overlaps: "dict[str, Overlap]") -> list[dict[str, str]]:
    return [{"key": key, "kind": o.kind, "where": o.where, "shared": o.shared} for key, o in overlaps.items()]
