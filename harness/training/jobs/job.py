"""A training as a job: one process holds its folder, and writes down who it is, how far it came and how it ended."""

import os
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import psutil

from harness.records import HarnessError, RunError
from harness.training.jobs.files import JobFiles, write_atomically
from harness.training.jobs.lock import release, take
from harness.training.jobs.oom_kills import oom_kills
from harness.training.jobs.process import ProcessIdentity
from harness.training.jobs.records import Ending, Progress, Record, Sent, read_as
from harness.training.loop.steps import Step
from harness.training.repeats import Repeats

#: Seconds between two writings of the progress: often enough to watch, too rare to cost time.
_EVERY = 0.5


class Stopped(RunError):
    """The training was asked to stop, and did so after saving a checkpoint."""


class Job:
    """Holds the folder of a training from before its data is read until its adapter is in place.

    Of the processes of one distributed training only the first (``RANK`` 0) keeps the job.

    Args:
        target: The folder that the training makes.

    Raises:
        InputError: another process trains into it.
    """

    def __init__(self, target: Path) -> None:
        self._files = JobFiles(target)
        self._record: Record | None = None
        self._first: tuple[Step, float] | None = None
        self._newest: Progress | None = None
        self._held_out_loss: float | None = None
        self._written = 0.0
        self._lock = take(self._files.lock) if os.environ.get("RANK", "0") == "0" else None

    def __enter__(self) -> "Job":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lock is None:
            return
        with suppress(OSError, RunError):
            if self._record is not None:
                self._write_progress()
                self._end(self._ending(error), error)
            elif not self._files.queued.exists():
                self._tidy()
        release(self._lock)

    def begin(self, adapter: str) -> None:
        """Write down that this process now trains; what an earlier one left is forgotten."""
        if self._lock is None:
            return
        own = ProcessIdentity.of()
        for stale in (self._files.progress, self._files.cancelled):
            stale.unlink(missing_ok=True)
        sent = read_as(self._files.queued, Sent)
        if sent is not None and not sent.process.is_same(own):
            self._files.queued.unlink()
            self._files.log.unlink(missing_ok=True)
        self._record = Record(adapter=adapter, process=own, began=time.time(), oom_kills=oom_kills())
        write_atomically(self._files.record, self._record.model_dump(mode="json"))

    def tell(self, step: Step, seconds: float) -> None:
        """Write down how far the training came.

        Args:
            seconds: That it has taken, earlier stretches included.
        """
        if self._record is None:
            return
        now = time.time()
        self._first = self._first or (step, now)
        self._held_out_loss = step.held_out_loss if step.held_out_loss is not None else self._held_out_loss
        if step.loss is not None:
            self._newest = self._progress(step, seconds, now)
        if now - self._written >= _EVERY:
            self._written = now
            with suppress(OSError, RunError):
                self._write_progress()

    def _write_progress(self) -> None:
        if self._newest is not None:
            write_atomically(self._files.progress, self._newest.model_dump(mode="json"))

    def _progress(self, step: Step, seconds: float, now: float) -> Progress:
        first, since = self._first or (step, now)
        done, passed = step.step - first.step, now - since
        return Progress(
            step=step.step,
            steps=step.steps,
            tokens=step.tokens,
            at=now,
            loss=step.loss,
            held_out_loss=self._held_out_loss,
            seconds=seconds,
            speed=(step.tokens - first.tokens) / passed if done and passed else None,
            seconds_left=passed / done * (step.steps - step.step) if done else None,
            memory=psutil.Process().memory_info().rss,
        )

    def _ending(self, error: BaseException | None) -> Ending:
        if error is None:
            return "finished"
        if not isinstance(error, Stopped | KeyboardInterrupt | SystemExit):
            return "failed"
        asked = read_as(self._files.cancelled, Sent)
        by_request = asked is not None and asked.process.is_same(ProcessIdentity.of())
        return "cancelled" if by_request else "interrupted"

    def _end(self, ending: Ending, error: BaseException | None) -> None:
        if self._record is not None:
            line = _line(error) if error is not None and ending == "failed" else None
            last = {"ending": ending, "ended": time.time(), "error": line, "repeats": isinstance(error, Repeats)}
            write_atomically(self._files.record, self._record.model_copy(update=last).model_dump(mode="json"))

    def _tidy(self) -> None:
        """Leave nothing behind of a training that never began, unless an earlier one left something."""
        if {path.name for path in self._files.folder.iterdir()} == {self._files.lock.name}:
            self._files.lock.unlink()
            self._files.folder.rmdir()


def _line(error: BaseException) -> str:
    if isinstance(error, HarnessError):
        return str(error)
    first = str(error).strip().splitlines()
    return f"{type(error).__name__}: {first[0]}" if first else type(error).__name__
