"""How long work tells what it is doing."""

from collections.abc import Callable

#: Called with the stage in words, how many of its steps are done, and how many there are.
Progress = Callable[[str, int, int], None]


def silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""
