"""Tasks that run what models wrote: whether this machine contains it as demanded, asked before any model is."""

from collections.abc import Iterator, Sequence

from harness.metrics import DerivedMetric, Metric
from harness.sandbox import demand, level, level_name
from harness.tasks import Task


def check_isolation(tasks: Sequence[Task], wanted: str) -> None:
    """Refuse tasks whose metrics run code that nothing contains here.

    Args:
        wanted: The level that the suite demands, on top of what metrics do.

    Raises:
        Unavailable: this machine does not offer what is demanded.
    """
    for metric in _running(tasks):
        demand(metric.isolation or "")
        demand(wanted)


def isolation(tasks: Sequence[Task]) -> str | None:
    """The level at which generated code is run (``landlock+seccomp``), or None where none is."""
    return level_name(level()) if any(_running(tasks)) else None


def _running(tasks: Sequence[Task]) -> Iterator[Metric]:
    for task in tasks:
        for metric in task.metrics:
            while isinstance(metric, DerivedMetric):
                metric = metric.source
            if metric.isolation is not None:
                yield metric
