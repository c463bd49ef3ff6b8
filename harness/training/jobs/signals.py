"""SIGTERM and Ctrl-C while training: the first waits for the end of the step, the second does not."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StopRequest:
    """Whether a signal asked the training to stop. Before its first step a signal stops it at once."""

    def __init__(self) -> None:
        self._asked = False
        self._polled = False

    def __call__(self) -> bool:
        self._polled = True
        return self._asked

    def receive(self, number: int, frame: FrameType | None) -> None:
        """The signal handler.

        Raises:
            KeyboardInterrupt: no step runs, or it is the second signal.
        """
        if self._asked or not self._polled:
            raise KeyboardInterrupt
        self._asked = True


@contextmanager
def stop_request() -> Iterator[StopRequest]:
    """Catch SIGTERM and SIGINT for the time of the block. Only in the main thread of a process."""
    request = StopRequest()
    before = {number: signal.signal(number, request.receive) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
