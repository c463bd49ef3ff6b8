"""``harness compare-methods RECIPE``: several methods on one data set, side by side."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)

#: Those that make adapters and need nothing beyond the core.
_USUAL = "lora,dora,adalora,ia3,prompt_tuning,p_tuning,prefix_tuning"


@app.command()
def compare_methods(
    recipe: Annotated[Path, typer.Argument(help="The recipe's YAML file; its method is exchanged.")],
    methods: Annotated[
        str, typer.Option("--methods", "-m", help="Kinds with commas between them, or a YAML file of methods.")
    ] = _USUAL,
    out: Annotated[Path | None, typer.Option(help="Folder; out/NAME OF THE ADAPTER-methods if left out.")] = None,
    suite: Annotated[
        Path | None, typer.Option(help="What to measure with; that of the recipe's tune section if left out.")
    ] = None,
    objective: Annotated[
        str | None, typer.Option(help="TASK or TASK/METRIC; that of the tune section, or the suite's first task.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars and no table.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print methods.json instead of the table.")] = False,
) -> None:
    """Train several methods on a recipe's data, and show cost, quality and forgetting side by side.

    All trainings share data, seed and base. A method of another kind than the recipe's gets its defaults and its usual
    learning rate; a file says otherwise: methods: {lora-8: {kind: lora, r: 8}, ia3: {learning_rate: 0.02}}. A method
    that fails is a row with the reason; what is trained is not trained again.
    """
    from rich.console import Console

    from harness.cli import console
    from harness.cli.two_bars import two_bars
    from harness.reports.methods import methods_text
    from harness.search.methods import compare_methods as compare

    with two_bars("methods", quiet or as_json) as (progress, say):
        found = compare(
            recipe,
            methods,
            out,
            suite=suite,
            objective=objective,
            progress=progress,
            warn=lambda text: say(f"warning: {text}"),
        )
    if as_json:
        console.print_json(found.model_dump(mode="json"))
    elif not quiet:
        Console(highlight=False).print(methods_text(found))
        typer.echo(f"report: {(out or Path('out') / f'{found.recipe}-methods') / 'methods.html'}")
