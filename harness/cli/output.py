"""Standard output and standard error whose reader may leave, as ``| head`` does."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO


class Leavable:
    """A stream whose writes go nowhere once its reader has left, so that the command's own exit status stands.

    A verdict that nobody reads to its end is a verdict all the same; typer makes exit status 1 of a broken pipe.

    Args:
        stream: Where it goes; Python has None where the caller has closed it.
        ends: End the command then, in peace: for one that would go on for as long as there is something to show.
    """

    def __init__(self, stream: TextIO | None, *, ends: bool = False) -> None:
        self._stream = stream or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
        self._ends = ends

    def write(self, text: str) -> int:
        """Write as far as anybody reads."""
        with self._reader():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush as far as anybody reads."""
        with self._reader():
            self._stream.flush()

    def drop(self) -> None:
        """What is still held, and all that follows, goes nowhere; Python would try it once more as it ends."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @contextmanager
    def _reader(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            self.drop()
            if self._ends:
                raise SystemExit(0) from None
