"""How long a training has taken, the stretches before its kills included. No part of what it makes depends on it."""

import time
from contextlib import suppress
from pathlib import Path

from harness.records.files import write_text

_FILE = "seconds"


class Clock:
    """Goes on from the time that a checkpoint was saved at. Steps done after it, and lost, count once: when repeated.

    Args:
        checkpoint: That the training goes on from; None where it begins.
    """

    def __init__(self, checkpoint: Path | None) -> None:
        self._before = 0.0
        if checkpoint is not None:
            with suppress(OSError, ValueError):
                self._before = float((checkpoint / _FILE).read_text(encoding="ascii"))
        self._since = time.monotonic()

    @property
    def seconds(self) -> float:
        """Of the whole training up to now."""
        return self._before + time.monotonic() - self._since

    def keep(self, checkpoint: Path) -> None:
        """Leave the time so far in a checkpoint."""
        write_text(checkpoint / _FILE, f"{self.seconds:.3f}\n")
