"""What a job's files hold. Others read them, after crashes too: whatever does not parse is not there."""

from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from harness.training.jobs.files import read
from harness.training.jobs.process import ProcessIdentity

Ending = Literal["finished", "failed", "cancelled", "interrupted"]
Document = TypeVar("Document", bound=BaseModel)


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True)


class Sent(_Document):
    """``queued.json`` and ``cancelled.json``: which process is meant, and since when (seconds since 1970)."""

    process: ProcessIdentity
    at: float


class Record(_Document):
    """``job.json``.

    Attributes:
        began: Seconds since 1970, as all moments here.
        oom_kills: What the kernel's counters of processes killed for want of memory stood at when the job began.
        ending: None while it runs, and for ever if it was killed.
        error: The line that it failed with.
        repeats: The same command would end so again.
    """

    adapter: str
    process: ProcessIdentity
    began: float
    oom_kills: dict[str, int] = {}
    ended: float | None = None
    ending: Ending | None = None
    error: str | None = None
    repeats: bool = False


class Progress(_Document):
    """``progress.json``: the newest step.

    Attributes:
        seconds: That the training has taken, what was done before it was resumed included.
        speed: Tokens a second since this process began, padding aside; None before its second step.
        seconds_left: At the speed so far; None before the second step.
        memory: Bytes of main memory that the process holds (resident set).
    """

    step: int
    steps: int
    tokens: int
    at: float
    loss: float | None = None
    held_out_loss: float | None = None
    seconds: float | None = None
    speed: float | None = None
    seconds_left: float | None = None
    memory: int = 0


def read_as(path: Path, kind: type[Document]) -> Document | None:
    """A document from its file; None where there is none that can be read."""
    found = read(path)
    try:
        return None if found is None else kind.model_validate(found)
    except ValidationError:
        return None
