"""``harness train RECIPE``: an adapter from a recipe and its data, here or in the background."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from harness.cli import train_jobs
from harness.records import InputError

if TYPE_CHECKING:
    from harness.models import Adapter, Base
    from harness.training import Recipe

_RECIPE = "RECIPE"


class _RecipeOrCommand(TyperGroup):
    """``harness train RECIPE`` beside ``harness train status``: what names no command is a recipe's file.

    A recipe whose file has a command's name is given as ``./status``.
    """

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        if args and args[0] in self.commands and args[0] != _RECIPE:
            return super().make_context(info_name, args, parent, **extra)
        return self.commands[_RECIPE].make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: Any) -> Any:
        return super().invoke(ctx) if ctx.command is self else ctx.command.invoke(ctx)


app = typer.Typer(cls=_RecipeOrCommand, add_completion=False)
app.command("status")(train_jobs.status)
app.command("logs")(train_jobs.logs)
app.command("cancel")(train_jobs.cancel)


@app.command(
    _RECIPE,
    epilog="Other trainings: harness train status [OUT...] | logs [OUT] --follow | cancel [OUT]; each has a --help.",
)
def train(
    recipe: Annotated[
        Path | None, typer.Argument(help="The recipe's YAML file; with --explain, also a method or an objective.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Adapter folder; out/NAME OF THE ADAPTER if left out.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=2**32 - 1, help="Instead of the recipe's.")] = None,
    background: Annotated[bool, typer.Option("--background", help="Return at once, and train on without me.")] = False,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Say what it will take (memory, time, cost), and train nothing.")
    ] = False,
    price_per_hour: Annotated[
        float | None, typer.Option(min=0, help="Of this machine, for the cost of --estimate.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar and no summary.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the record of the training as JSON.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Say what a recipe may hold, and train nothing.")] = False,
) -> None:
    """Train an adapter. A training that was interrupted goes on where it stopped when the command is given again."""
    if explain:
        from harness.cli.explain_training import explain as explain_training

        explain_training(None if recipe is None else str(recipe), as_json)
        return
    if estimate and background:
        raise InputError("--estimate and --background", mend="give one of them")
    if price_per_hour is not None and not estimate:
        raise InputError("--price-per-hour without --estimate", mend="give both")
    if recipe is None:
        raise InputError("no recipe", mend="name its file; `harness train --explain` says what it may hold")
    if estimate:
        from harness.cli.train_estimate import show_estimate

        show_estimate(recipe, price_per_hour, as_json)
    elif background:
        _send(recipe, out, seed, quiet, as_json)
    else:
        _train(recipe, out, seed, quiet, as_json)


def _train(recipe: Path, out: Path | None, seed: int | None, quiet: bool, as_json: bool) -> None:
    import json

    from harness.cli import console
    from harness.cli.forgetting_table import print_forgetting
    from harness.cli.train_progress import shown_steps
    from harness.models.examine import TRAINING_RECORD
    from harness.training import train as train_adapter
    from harness.training.jobs import stop_request
    from harness.training.loop.processes import is_first_process

    with shown_steps(quiet or as_json or not is_first_process()) as shown, stop_request() as stop:
        adapter = train_adapter(
            recipe, out, seed=seed, progress=shown.progress, watch=shown.watch, warn=_warn, stop=stop
        )
    if not is_first_process():
        return
    record = json.loads((adapter.folder / TRAINING_RECORD).read_text(encoding="utf-8"))
    if as_json:
        console.print_json(record | {"folder": str(adapter.folder), "adapter_fingerprint": adapter.fingerprint})
    elif not quiet:
        typer.echo(console.printable(_summary(record, adapter)))
        if "forgetting" in record:
            print_forgetting(record["forgetting"])
    if "stopped_early" in record:
        typer.echo(console.printable(record["stopped_early"]["reason"]), err=True)
    if "stopped" in record:
        typer.echo(console.printable(record["stopped"]["reason"]), err=True)
        raise typer.Exit(1)


def _send(recipe: Path, out: Path | None, seed: int | None, quiet: bool, as_json: bool) -> None:
    """Check what can be checked without the base's weights, then leave the training to a process of its own."""
    from harness.cli import console
    from harness.training import prepare, read_recipe
    from harness.training.folders import refuse_foreign_folder
    from harness.training.jobs import JobFiles, elsewhere_warning, send
    from harness.training.loop.processes import process_count

    if process_count() > 1:
        raise InputError(
            f"--background in each of {process_count()} launched processes",
            mend="leave it out, and send the launcher to the background: `nohup accelerate launch ... &`",
        )
    read = read_recipe(recipe)
    target = out if out is not None else Path("out") / read.adapter
    refuse_foreign_folder(target)
    prepare(_seeded(read, seed), recipe.parent)
    if warning := elsewhere_warning(target):
        _warn(warning)
    files = JobFiles(target)
    process = send([str(recipe), "--out", str(target), *([] if seed is None else ["--seed", str(seed)])], files)
    if as_json:
        console.print_json(
            {"target": str(target), "job": str(files.folder), "log": str(files.log), "process": process.pid}
        )
    elif not quiet:
        lines = (
            f"{read.adapter}: training in the background, as process {process.pid}",
            f"  folder  {files.folder}",
            f"  status  harness train status {target}",
            f"  log     harness train logs {target} --follow",
            f"  stop    harness train cancel {target}",
        )
        typer.echo(console.printable("\n".join(lines)))


def _seeded(recipe: "Recipe", seed: int | None) -> "Recipe":
    return recipe if seed is None else recipe.model_validate(recipe.model_dump() | {"seed": seed})


def _summary(record: dict[str, Any], made: "Adapter | Base") -> str:
    losses, doctor = record["losses"], record["doctor"]
    read = ", ".join(
        f"{file['rows']} rows of {{{file['form']}}} from {file['path']}" for file in record["data"]["files"]
    )
    held_out = f", on held-out rows {losses['held_out_loss']:.3f}" if "held_out_loss" in losses else ""
    return (
        f"{read}; {doctor['learned_share']:.0%} of {doctor['tokens']} tokens learned\n"
        f"{record['steps']} steps in {train_jobs.duration(record['seconds'])}, {record['trained_parameters']:,} "
        f"parameters; loss {losses['first_loss']:.3f} to {losses['last_loss']:.3f}{held_out}\n"
        f"{_preferences(record)}"
        f"{'base' if record['recipe']['method']['kind'] == 'full' else 'adapter'}: {made.folder}"
    )


def _preferences(record: dict[str, Any]) -> str:
    """How a training on preferences ended, in one line; nothing for any other."""
    figures = record.get("preference")
    if not figures:
        return ""
    said = ", ".join(
        f"in {figures[key]['accuracy']:.0%} of {pairs} (reward margin {figures[key]['margin']:.2f})"
        for key, pairs in (("training", "the last steps' pairs"), ("held_out", "held-out pairs"))
        if key in figures
    )
    return f"the chosen answer is preferred {said}\n"


def _warn(text: str) -> None:
    from harness.cli import console

    typer.echo(f"warning: {console.printable(text)}", err=True)
