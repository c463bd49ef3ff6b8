"""``harness train RECIPE --estimate``: what a training will take, said before it starts."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from harness.cli import console
from harness.cli.train_jobs import duration

if TYPE_CHECKING:
    from harness.training.estimates.estimate import Estimate


def show_estimate(recipe: Path, price_per_hour: float | None, as_json: bool) -> None:
    """Print the estimate of a recipe.

    Raises:
        InputError: recipe, base or data cannot be used.
    """
    from harness.models.quiet import quiet_libraries

    quiet_libraries()
    from harness.training import read_recipe
    from harness.training.estimates.estimate import estimate

    if not as_json:
        typer.echo("reading the data, trying a few steps", err=True)
    found = estimate(read_recipe(recipe), recipe.parent)
    hours = None if found.seconds is None else found.seconds / 3600
    cost = None if hours is None or price_per_hour is None else hours * price_per_hour
    if as_json:
        console.print_json(found.to_json() | {"price_per_hour": price_per_hour, "cost": cost})
        return
    typer.echo(console.printable("\n".join([*_facts(found, price_per_hour, cost), "", *_memory(found)])))


def _facts(found: "Estimate", price: float | None, cost: float | None) -> Iterator[str]:
    whole = found.base_parameters if found.method == "full" else found.base_parameters + found.trained
    yield f"{found.adapter}: {found.method}, {found.objective}"
    yield f"  trained     {found.trained:,} of {whole:,} parameters ({found.trained / whole:.2%})"
    yield f"  steps       {found.steps:,} of {found.rows_a_step} rows; {found.tokens:,} tokens of {found.rows:,} rows"
    yield f"  time        {_time(found)}"
    if cost is not None:
        yield f"  cost        {cost:,.2f} at {price:,.2f} an hour"
    elif price is not None:
        yield "  cost        unknown, as the time is"
    needed = f"{_gib(found.memory.total)} GiB needed, {_gib(found.available)} GiB available on this machine's "
    yield f"  fits        {'yes' if found.fits else 'no'}: {needed}{'GPU' if found.device == 'cuda' else 'CPU'}"
    if found.calibration:
        yield f"              {_gib(found.calibration.memory)} GiB held at most in the steps that were tried (measured)"
    for one in found.choices:
        fits = "fits" if one.memory.total <= found.available else "does not fit"
        yield f"              {{{one.change}}}: {_gib(one.memory.total)} GiB, {fits}"


def _time(found: "Estimate") -> str:
    measured = found.calibration
    if measured is None or found.seconds is None:
        return f"not measured: {found.unmeasured}"
    low, high = (duration(seconds) for seconds in found.seconds_range or ())
    likely = f", {low} to {high} at the pace of the fastest and of the slowest step tried" if low != high else ""
    return (
        f"{duration(found.seconds)} on this machine{likely}: {measured.start_seconds:.0f} s to start, then "
        f"{measured.speed:,.0f} tokens/s (median of {measured.steps} steps, of {measured.step_seconds:.2g} s)"
    )


def _memory(found: "Estimate") -> Iterator[str]:
    """A table of the forms that the training can take; modelled, not measured."""
    parts = ("weights", "adapter", "gradients", "optimizer", "activations", "libraries", "total")
    batch = found.batch
    yield f"Memory in GiB (modelled), for a batch of {batch.sequences} sequences of {batch.width} tokens"
    heads = [("dtype", "on", "base", "checkpointing", *parts)]
    rows = [
        (
            form.dtype,
            "GPU" if form.device == "cuda" else "CPU",
            "4-bit" if form.four_bit else "as it is",
            "yes" if form.checkpointing else "no",
            *(_gib(memory.to_json()[part]) for part in parts),
        )
        for form, memory in found.forms
    ]
    widths = [max(len(row[column]) for row in heads + rows) for column in range(len(heads[0]))]
    for row in heads + rows:
        cells = [f"{cell:<{widths[i]}}" if i < 4 else f"{cell:>{widths[i]}}" for i, cell in enumerate(row)]
        yield "  " + "  ".join(cells).rstrip()


def _gib(size: float) -> str:
    return f"{size / 2**30:,.3f}" if size < 2**30 / 10 else f"{size / 2**30:,.2f}"
