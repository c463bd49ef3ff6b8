"""How ``harness train`` shows its steps: a bar on a terminal, a line now and then in a log."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from harness.training import Step

#: Seconds between two lines of a log.
_EVERY = 10.0


@contextmanager
def shown_steps(quiet: bool) -> "Iterator[Callable[[Step], None] | None]":
    """What to call after each step; None when nothing is to be shown."""
    if quiet:
        yield None
    elif not sys.stderr.isatty():
        yield _Lines()
    else:
        with _bar() as watch:
            yield watch


class _Speed:
    """Tokens a second and seconds left, since the first step that was seen."""

    def __init__(self) -> None:
        self._first: tuple[float, Step] | None = None

    def __call__(self, step: "Step") -> tuple[float, float] | None:
        if self._first is None:
            self._first = (monotonic(), step)
            return None
        since, first = self._first
        seconds, steps = max(monotonic() - since, 1e-9), step.step - first.step
        return ((step.tokens - first.tokens) / seconds, seconds / steps * (step.steps - step.step)) if steps else None


class _Lines:
    """One line for the first and the last step, for each measurement on held-out rows, and every few seconds."""

    def __init__(self) -> None:
        self._speed, self._shown, self._began = _Speed(), 0.0, False

    def __call__(self, step: "Step") -> None:
        from harness.cli.train_jobs import duration

        if step.held_out_loss is not None:
            typer.echo(f"step {step.step}/{step.steps}  held-out loss {step.held_out_loss:.3f}", err=True)
        if step.loss is None:
            return
        known = self._speed(step)
        due = monotonic() - self._shown >= _EVERY
        if self._began and not due and step.step < step.steps:
            return
        self._began, self._shown = True, monotonic()
        rest = f"  {known[0]:,.0f} tokens/s  {duration(known[1])} left" if known else ""
        typer.echo(f"step {step.step}/{step.steps}  {_figures(step)}{rest}", err=True)


@contextmanager
def _bar() -> "Iterator[Callable[[Step], None]]":
    """One bar on standard error, with loss, learning rate and speed beside it."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("train"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(compact=True),
    )
    speed = _Speed()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("train", total=None, figures="reading the data, loading the base")

        def watch(step: "Step") -> None:
            if step.loss is None:
                return
            known = speed(step)
            rest = f"  {known[0]:,.0f} tokens/s" if known else ""
            bars.update(task, completed=step.step, total=step.steps, figures=_figures(step) + rest)

        yield watch


def _figures(step: "Step") -> str:
    return f"loss {step.loss:.3f}" + ("" if step.learning_rate is None else f"  lr {step.learning_rate:.1e}")
