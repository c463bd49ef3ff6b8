"""Progress of work that repeats the same stages many times: how many times, and what the present one does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from harness.records.progress import Progress, silent


@contextmanager
def two_bars(outer: str, quiet: bool) -> Iterator[tuple[Progress, Callable[[str], None]]]:
    """A bar for the stage ``outer``, one for whatever else goes on, and what prints a line above them.

    All on standard error; silent when asked.
    """
    if quiet:
        yield silent, lambda line: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from harness.cli.console import printable

    screen = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description:<28}"), BarColumn(bar_width=20), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True) as bars:
        whole, present = bars.add_task(outer, total=None), bars.add_task("", total=None)

        def show(stage: str, done: int, total: int) -> None:
            if stage == outer:
                bars.update(whole, completed=done, total=total)
                return
            if stage != bars.tasks[1].description:
                bars.reset(present, total=total, description=stage)
            bars.update(present, completed=done, total=total)

        yield show, lambda line: screen.print(printable(line), markup=False)
