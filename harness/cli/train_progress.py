"""How ``harness train`` shows its steps: a bar on a terminal, a line now and then in a log."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Protocol

import typer

from harness.training.forgetting.settings import STAGE

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

    from harness.training import Step

#: Seconds between two lines of a log.
_EVERY = 10.0


class Shown(Protocol):
    """What to call while training."""

    def watch(self, step: "Step") -> None:
        """After each step."""

    def progress(self, stage: str, done: int, total: int) -> None:
        """While something else than a step is done."""


@contextmanager
def shown_steps(quiet: bool) -> Iterator[Shown]:
    """Show the steps of the block on standard error, unless nothing is to be shown."""
    if quiet:
        yield _Nothing()
    elif not sys.stderr.isatty():
        yield _Lines()
    else:
        with _bars() as bars:
            yield _Bar(bars)


class _Nothing:
    def watch(self, step: "Step") -> None:
        pass

    def progress(self, stage: str, done: int, total: int) -> None:
        pass


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

    def progress(self, stage: str, done: int, total: int) -> None:
        if stage == STAGE and done < total and monotonic() - self._shown >= _EVERY:
            self._shown = monotonic()
            typer.echo(_measuring(done, total), err=True)

    def watch(self, step: "Step") -> None:
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
def _bars() -> "Iterator[Bars]":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("train"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield bars


class _Bar:
    """One bar, with loss, learning rate and speed beside it, or what else is done."""

    def __init__(self, bars: "Bars") -> None:
        self._bars, self._speed = bars, _Speed()
        self._figures = "reading the data, loading the base"
        self._task = bars.add_task("train", total=None, figures=self._figures)

    def progress(self, stage: str, done: int, total: int) -> None:
        if stage == STAGE:
            self._bars.update(self._task, figures=_measuring(done, total) if done < total else self._figures)

    def watch(self, step: "Step") -> None:
        if step.loss is None:
            return
        known = self._speed(step)
        self._figures = _figures(step) + (f"  {known[0]:,.0f} tokens/s" if known else "")
        self._bars.update(self._task, completed=step.step, total=step.steps, figures=self._figures)


def _measuring(done: int, total: int) -> str:
    return f"{STAGE}: {done}/{total}"


def _figures(step: "Step") -> str:
    return f"loss {step.loss:.3f}" + ("" if step.learning_rate is None else f"  lr {step.learning_rate:.1e}")
