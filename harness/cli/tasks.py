"""``harness tasks``: list, show, check, write and import tasks."""

from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from harness.cli.console import print_json, printable
from harness.records import Prompt, Sample

# As harness.tasks.scaffold has it; written out, because that room is not imported for help.
Kind = Literal["classification", "generation", "multiple_choice", "perplexity"]

if TYPE_CHECKING:
    from harness.engines.encoding import Encoder
    from harness.models import Base
    from harness.tasks import Problem, Task

app = typer.Typer(help="List, show, check, write and import tasks.", no_args_is_help=True, add_completion=False)

#: Problems of one kind that are printed for one task; the rest are counted.
SHOWN = 10

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Model = Annotated[str | None, typer.Option(help="Count tokens with the tokenizer of this model (folder or hub id).")]
Selectors = Annotated[
    list[str] | None, typer.Argument(help="Names, tag:TAG, patterns or paths; all tasks if left out.")
]


@app.command("list")
def list_tasks(selectors: Selectors = None, as_json: Json = False) -> None:
    """List tasks: name, samples (where the data lies in the pack), tags, description."""
    rows = [_summary(task) for task in _find(selectors or ["*"])]
    if as_json:
        print_json(rows)
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # One line a task, cut at the terminal's width: a list is for finding, `show` is for reading.
    table = Table(box=None, header_style="bold", expand=True)
    table.add_column("task", no_wrap=True, min_width=max(len(row["task"]) for row in rows))
    table.add_column("samples", justify="right", no_wrap=True, width=len("samples"))
    table.add_column("tags", no_wrap=True, overflow="ellipsis", width=18)
    table.add_column("description", no_wrap=True, overflow="ellipsis", ratio=1)
    for row in rows:
        samples = "" if row["samples"] is None else str(row["samples"])
        cells = (row["task"], samples, ", ".join(row["tags"]), row["description"])
        table.add_row(*(Text(printable(cell)) for cell in cells))
    Console().print(table)


@app.command()
def show(
    selector: Annotated[str, typer.Argument(help="A name or a path.")],
    number: Annotated[int, typer.Option("-n", "--number", min=1, help="How many samples to show.")] = 2,
    seed: Annotated[int, typer.Option(help="Which samples: another seed shows others.")] = 0,
    model: Model = None,
    as_json: Json = False,
) -> None:
    """Show a task's definition and samples as a model sees them."""
    encoder = _encoder(model)[0] if model else None
    for task in _find([selector]):
        samples = [_shown(sample, encoder) for sample in task.samples(number, seed)]
        definition = task.definition.model_dump(mode="json", exclude_defaults=True)
        if as_json:
            print_json({"definition": definition, "fingerprint": task.fingerprint, "samples": samples})
        else:
            _print_task(definition, samples)


@app.command()
def check(selectors: Selectors = None, model: Model = None, as_json: Json = False) -> None:
    """Find rows that fail, duplicates, leaking targets, labels that never occur and prompts that are too long.

    Exit status 2 where there is something to mend.
    """
    from harness.tasks import check_task

    encoder, base = _encoder(model) if model else (None, None)
    found = {}
    for task in _find(selectors or ["*"]):
        problems = found[task.name] = check_task(
            task, encoder.prompt if encoder else None, base.context_length if base else None
        )
        if not as_json:
            _print_problems(task.name, problems)
    if as_json:
        print_json(
            {name: [{"kind": p.kind, "where": p.where, "what": p.what} for p in ps] for name, ps in found.items()}
        )
    if any(found.values()):
        raise typer.Exit(2)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Its name, and its folder's.")],
    kind: Annotated[Kind, typer.Option(help="What the model is asked for.")] = "classification",
    out: Annotated[Path, typer.Option(help="The folder that the new one is written into.")] = Path(),
) -> None:
    """Write a small task pack that works at once, to be changed into your own."""
    from harness.tasks import new_pack

    folder = new_pack(name, kind, out)
    typer.echo(f"wrote {folder}; next: harness tasks check {_path(folder)}")


@app.command("import")
def import_(
    selector: Annotated[str, typer.Argument(help="A YAML file of lm-evaluation-harness, or lm_eval:NAME.")],
    out: Annotated[Path, typer.Option(help="The folder that the packs are written into.")] = Path(),
) -> None:
    """Write tasks of lm-evaluation-harness as packs, where both ask and judge exactly the same.

    A suite can name such a file as it is; a pack is for changing it further. Exit status 2 where a task has no equal.
    """
    from harness.records import InputError
    from harness.tasks.foreign import LmEvalTask, import_task

    refused = 0
    for task in _find([selector if selector.startswith("lm_eval:") else _path(Path(selector))]):
        try:
            if not isinstance(task, LmEvalTask):
                raise InputError("is a task pack already", where=str(task.path))
            typer.echo(f"wrote {import_task(task, out)}")
        except InputError as error:
            # A group's other tasks are written all the same.
            refused += 1
            typer.echo(f"error: {error}", err=True)
    if refused:
        raise typer.Exit(2)


def _path(path: Path) -> str:
    """A path as a selector takes it."""
    return str(path) if path.is_absolute() else f"./{path}"


def _find(selectors: list[str]) -> "list[Task]":
    from harness.tasks import find_tasks

    return find_tasks(selectors, folder=Path())


def _summary(task: "Task") -> dict[str, Any]:
    from harness.tasks import PackTask

    beside = isinstance(task, PackTask) and task.definition.data.path is not None
    return {
        "task": task.name,
        "tags": list(task.tags),
        "output": task.output,
        "samples": len(task.rows) if beside else None,
        "description": task.description,
        "path": str(task.path),
    }


def _encoder(model: str) -> "tuple[Encoder, Base]":
    from harness.engines.encoding import Encoder
    from harness.models import resolve_base

    base = resolve_base(model)
    return Encoder.load(base.folder), base


def _shown(sample: Sample, encoder: "Encoder | None") -> dict[str, Any]:
    shown: dict[str, Any] = {"key": sample.key, "prompt": _turns(sample.prompt), "references": list(sample.references)}
    if sample.choices:
        shown["choices"] = list(sample.choices)
    if encoder is not None:
        shown["rendered"] = encoder.render(sample.prompt)
        shown["tokens"] = len(encoder.prompt(sample.prompt))
    return shown


def _turns(prompt: Prompt) -> str | list[dict[str, str]]:
    return prompt if isinstance(prompt, str) else [{"role": turn.role, "content": turn.content} for turn in prompt]


def _print_task(definition: dict[str, Any], samples: list[dict[str, Any]]) -> None:
    import yaml

    typer.echo(printable(yaml.safe_dump(definition, sort_keys=False, allow_unicode=True, width=110)))
    for sample in samples:
        tokens = f", {sample['tokens']} tokens" if "tokens" in sample else ""
        typer.echo(f"--- sample {sample['key']}{tokens}")
        prompt = sample.get("rendered", sample["prompt"])
        if not isinstance(prompt, str):
            prompt = "\n".join(f"[{turn['role']}] {turn['content']}" for turn in prompt)
        typer.echo(printable(prompt))
        for choice in sample.get("choices", ()):
            typer.echo(f"  choice: {printable(choice)}")
        for reference in sample["references"]:
            typer.echo(f"=> {printable(reference)}")
        typer.echo("")


def _print_problems(name: str, problems: "list[Problem]") -> None:
    if not problems:
        typer.echo(f"{name}: nothing to mend")
        return
    counts = Counter(problem.kind for problem in problems)
    typer.echo(f"{name}: {', '.join(f'{count} {kind}' for kind, count in counts.items())}")
    printed: dict[str, int] = defaultdict(int)
    for problem in problems:
        printed[problem.kind] += 1
        if printed[problem.kind] <= SHOWN:
            typer.echo(f"  {problem.where}: {problem.kind}: {printable(problem.what)}")
        elif printed[problem.kind] == SHOWN + 1:
            typer.echo(f"  ... and {counts[problem.kind] - SHOWN} more of this kind")
