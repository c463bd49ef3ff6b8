"""``harness adapters``: the registry of adapters."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from harness.cli.console import print_json, printable
from harness.records import InputError

if TYPE_CHECKING:
    from harness.registry import Measured, Registry, Version

app = typer.Typer(help="Keep, find, compare and ship adapters.", no_args_is_help=True, add_completion=False)

Root = Annotated[
    Path | None,
    typer.Option("--registry", help="Its folder; HARNESS_ADAPTERS or ~/.local/share/harness/adapters if left out."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Which = Annotated[str, typer.Argument(help="NAME, NAME:VERSION or NAME:TAG; a bare name is its newest version.")]
Base = Annotated[str | None, typer.Option(help="The base (folder or hub id); the registered one if left out.")]


@app.command("list")
def list_(
    name: Annotated[str | None, typer.Argument(help="Only this name.")] = None,
    registry: Root = None,
    as_json: Json = False,
) -> None:
    """List versions: tags, method, rank, parameters, base, main figures of attached runs."""
    from harness.reports.adapters import print_versions

    kept = _open(registry)
    rows = [(version, [one for one in kept.figures(version) if one.is_main]) for version in kept.versions(name)]
    if as_json:
        print_json([_json(version, figures) for version, figures in rows])
    elif rows:
        print_versions(rows)
    else:
        typer.echo(printable(f"nothing is registered in {kept.root}; harness adapters register FOLDER --name NAME"))


@app.command()
def show(which: Which, registry: Root = None, as_json: Json = False) -> None:
    """Show one version: what it is, what it was trained on, what its training forgot, its figures."""
    from harness.reports.adapters import print_version

    kept = _open(registry)
    version = kept.get(which)
    figures, folder = kept.figures(version), kept.folder(version)
    record = _training(folder)
    if as_json:
        forgotten = {name: record[name] for name in ("forgetting", "stopped") if name in record}
        print_json(_json(version, figures) | {"folder": str(folder)} | forgotten)
    else:
        print_version(version, figures, folder, record)


@app.command()
def register(
    folder: Annotated[Path, typer.Argument(help="A PEFT adapter's folder.")],
    name: Annotated[str, typer.Option(help="The name to register it under.")],
    parent: Annotated[str | None, typer.Option(help="A registered adapter that this one goes on from.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Tag of the new version; may be given again.")] = None,
    base: Annotated[str | None, typer.Option(help="Its base (folder or hub id), if its files name none here.")] = None,
    registry: Root = None,
    as_json: Json = False,
) -> None:
    """Examine an adapter and keep a copy as the next version of a name."""
    version, warnings = _open(registry).register(folder, name, base=base, parent=parent, tags=tag or ())
    for warning in warnings:
        typer.echo(f"warning: {printable(warning)}", err=True)
    if as_json:
        print_json(_json(version, []))
    else:
        typer.echo(f"registered: {version}")


@app.command()
def tag(
    which: Which,
    tag: Annotated[str, typer.Argument(help="The tag, such as prod.")],
    registry: Root = None,
    as_json: Json = False,
) -> None:
    """Move a tag to a version."""
    version, before = _open(registry).tag(which, tag)
    if as_json:
        print_json(_json(version, []) | {"tag": tag, "moved_from": before})
    else:
        typer.echo(f"{tag}: {version}" + (f" (before: {version.name}:{before})" if before else ""))


@app.command()
def attach(
    runs: Annotated[list[Path], typer.Argument(help="Run folders.")], registry: Root = None, as_json: Json = False
) -> None:
    """Keep the figures of runs with the adapters that answered in them, which are told by their fingerprints."""
    from harness.runs import Run

    kept = _open(registry)
    found = {str(run): kept.attach(Run.open(run)) for run in runs}
    if as_json:
        print_json({run: {model: list(map(str, v)) for model, v in models.items()} for run, models in found.items()})
        return
    for run, models in found.items():
        for model, versions in models.items():
            typer.echo(printable(f"{run}: {model} is {', '.join(map(str, versions))}"))


@app.command()
def diff(
    before: Which,
    after: Which,
    modules: Annotated[bool, typer.Option("--modules", help="Weights module by module, not only by layer.")] = False,
    registry: Root = None,
    as_json: Json = False,
) -> None:
    """Show what changed: recipe, data, weights (norms of the updates BA), figures of attached runs."""
    from harness.registry.diff import diff as compare
    from harness.reports.adapters import diff_json, print_diff

    kept = _open(registry)
    found = compare(kept, kept.get(before), kept.get(after))
    if as_json:
        print_json(diff_json(found))
    else:
        print_diff(found, modules)


@app.command()
def merge(
    which: Which,
    out: Annotated[Path, typer.Option(help="Folder of the full model; must not exist.")],
    base: Base = None,
    dtype: Annotated[
        Literal["float32", "bfloat16", "float16"] | None, typer.Option(help="Of its weights; the base's if left out.")
    ] = None,
    tolerance: Annotated[
        float | None, typer.Option(min=0, help="Largest |Δ log p| in nats; 0.01 in float32, more in 16 bits.")
    ] = None,
    registry: Root = None,
    as_json: Json = False,
) -> None:
    """Write base and adapter as one full model, after comparing it with base + adapter on a few prompts."""
    from harness.registry.merge import merge as write_merged

    kept = _open(registry)
    version = kept.get(which)
    found = write_merged(kept.base(version, base), kept.adapter(which), out, dtype=dtype, tolerance=tolerance)
    if as_json:
        print_json(asdict(found) | {"folder": str(found.folder), "adapter": str(version)})
        return
    typer.echo(
        f"{version} in {found.dtype}, over {found.tokens} tokens: |Δ log p| at most {found.max_difference:.2g} nats, "
        f"{found.mean_difference:.2g} on average; the adapter itself moves them by up to {found.effect:.2g}\n"
        f"merged: {found.folder}"
    )


@app.command()
def export(
    which: Which,
    out: Annotated[Path, typer.Option(help="Folder to write; must not exist.")],
    run: Annotated[Path | None, typer.Option(help="A run in which it answered, for the evaluation.")] = None,
    model: Annotated[str | None, typer.Option(help="Its name in that run, if it has several.")] = None,
    license: Annotated[str, typer.Option(help="Identifier of a license on the hub.")] = "other",
    registry: Root = None,
    as_json: Json = False,
) -> None:
    """Write the adapter with a model card: how it was trained, its base, its figures with intervals."""
    from harness.registry.store import copy_adapter
    from harness.reports.adapter_card import adapter_card

    kept = _open(registry)
    version = kept.get(which)
    evaluation = _evaluation(version, run, model) if run else {}
    card = adapter_card(version, license=license, **evaluation)
    copy_adapter(kept.folder(version), out, {"README.md": card})
    if as_json:
        print_json({"adapter": str(version), "folder": str(out)})
    else:
        typer.echo(f"exported: {out}")


@app.command()
def verify(
    which: Annotated[str | None, typer.Argument(help="Only this adapter; all of them if left out.")] = None,
    registry: Root = None,
    as_json: Json = False,
) -> None:
    """Hash and examine stored adapters again.

    Exit status: 0 they are as they were registered; 1 something was changed.
    """
    versions, faults = _open(registry).verify(which)
    if as_json:
        print_json({"versions": versions, "faults": [asdict(fault) for fault in faults]})
    else:
        for fault in faults:
            typer.echo(printable(f"{fault.version}: {fault.file} {fault.what}"))
        if not faults:
            typer.echo(f"as registered: {versions} of {versions}")
    raise typer.Exit(int(bool(faults)))


def _training(folder: Path) -> dict[str, Any]:
    from harness.models.examine import TRAINING_RECORD
    from harness.models.weights import read_json

    path = folder / TRAINING_RECORD
    return read_json(path) if path.is_file() else {}


def _open(root: Path | None) -> "Registry":
    from harness.registry import Registry

    return Registry(root)


def _json(version: "Version", figures: "list[Measured]") -> dict[str, Any]:
    drop = {"estimate", "failed"}
    return asdict(version) | {
        "tags": list(version.tags),
        "figures": [
            {"run": one.run, "suite": one.suite, "task_fingerprint": one.task_fingerprint, "main": one.is_main}
            | one.figure.model_dump(mode="json", exclude=drop)
            for one in figures
        ],
    }


def _evaluation(version: "Version", folder: Path, model: str | None) -> dict[str, Any]:
    from harness.exchange.export import model_index
    from harness.records import nearest
    from harness.registry import answering_models
    from harness.runs import Run

    results = Run.open(folder).results
    names = [row.name for row in answering_models(results, version)]
    if not names:
        raise InputError(f"{version} did not answer in this run", where=str(folder), mend="run a suite that names it")
    if model is not None and model not in names:
        raise InputError(f"model {model!r} of this run is not {version}", where=str(folder), mend=nearest(model, names))
    name = model or names[0]
    figures = [one for one in results.figures if one.model == name and one.value is not None]
    return {"evaluation": model_index(results, name), "figures": figures}
