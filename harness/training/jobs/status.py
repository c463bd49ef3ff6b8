"""What became of a training, told from its folder alone: true after a crash, a kill or a reboot, and asked any time."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from harness.models.examine import TRAINING_RECORD
from harness.training.folders import last_checkpoint, partial_folder
from harness.training.jobs.files import JobFiles, log_lines, read
from harness.training.jobs.oom_kills import risen
from harness.training.jobs.process import ProcessIdentity
from harness.training.jobs.records import Ending, Progress, Record, Sent, read_as

State = Literal["queued", "starting", "running", "stopped by a limit", "unknown"] | Ending


@dataclass(frozen=True, slots=True)
class JobStatus:
    """A training at one moment. Figures that are not known are None.

    Attributes:
        target: The folder that it makes.
        since: When it came into its state, in seconds since 1970.
        process: The process that trains, or is about to; None when none does.
        loss: Of the newest step, in nats a learned token; of the last tenth of the steps when it finished.
        seconds: That it has taken, up to the newest step and what was done before it was resumed included.
        speed: Tokens a second, padding aside: of the whole training once it is finished, else since it was resumed.
        seconds_left: At the speed so far.
        checkpoint: The step from which the same command would go on; None where there is nothing to go on from.
        repeats: The same command would end at the same step again: the recipe has to be changed first.
        note: Why it ended, or what else a reader should know.
    """

    adapter: str
    target: str
    state: State
    since: float | None
    process: ProcessIdentity | None = None
    step: int | None = None
    steps: int | None = None
    loss: float | None = None
    held_out_loss: float | None = None
    seconds: float | None = None
    speed: float | None = None
    seconds_left: float | None = None
    checkpoint: int | None = None
    repeats: bool = False
    note: str | None = None

    @property
    def is_live(self) -> bool:
        """Whether a process works on it, or is about to."""
        return self.state in ("queued", "starting", "running")

    @property
    def is_finished(self) -> bool:
        """Whether what it made is in its place: all that was planned, or what a limit or early stopping left of it."""
        return self.state in ("finished", "stopped by a limit")

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"process": self.process.pid if self.process else None}


def job_status(files: JobFiles) -> JobStatus:
    """The state of the newest training of a target; unknown where what stands in its folder cannot be read."""
    try:
        return _told(files)
    except OSError as error:
        return _unknown(files, f"its folder cannot be read: {error.strerror}")


def elsewhere_warning(target: Path) -> str | None:
    """What to say before training where another machine may still do so; None where none does."""
    process = job_status(JobFiles(target)).process
    if process is None or process.is_here:
        return None
    return (
        f"{target} was being trained on {process.host}; make sure that it no longer is, which cannot be seen from here"
    )


def _told(files: JobFiles) -> JobStatus:
    record, sent = read_as(files.record, Record), read_as(files.queued, Sent)
    if sent is not None and (record is None or not record.process.is_same(sent.process)):
        return _sent(files, sent)
    if record is None:
        damaged = files.record.exists() and not (files.target / TRAINING_RECORD).exists()
        return _unknown(files, f"{files.record} cannot be read") if damaged else _finished(files, None)
    if record.ending == "finished":
        return _finished(files, record)
    if record.ending is not None:
        return _working(files, record, record.ending, record.ended, note=record.error)
    if record.process.find() is not None or not record.process.is_here:
        state: State = "running" if files.progress.is_file() else "starting"
        return _working(files, record, state, record.began, note=_elsewhere(record.process))
    if (files.target / TRAINING_RECORD).is_file() and _made_at(files) >= record.began:
        return _finished(files, record)
    asked = read_as(files.cancelled, Sent)
    if asked is not None and asked.process.is_same(record.process):
        return _working(files, record, "cancelled", asked.at)
    return _working(files, record, "interrupted", None, note=_why_killed(files, record))


def _unknown(files: JobFiles, note: str) -> JobStatus:
    return JobStatus(files.target.name, str(files.target), "unknown", None, note=note)


def _sent(files: JobFiles, sent: Sent) -> JobStatus:
    """A training that was sent to the background and has not read its data yet, or could not."""
    name, target = files.target.name, str(files.target)
    if sent.process.find() is not None or not sent.process.is_here:
        return JobStatus(name, target, "queued", sent.at, sent.process, note=_elsewhere(sent.process))
    asked = read_as(files.cancelled, Sent)
    if asked is not None and asked.process.is_same(sent.process):
        return JobStatus(name, target, "cancelled", asked.at)
    last = next(iter(log_lines(files, last=1)), "")
    if last.startswith("error: "):
        return JobStatus(name, target, "failed", sent.at, note=last.removeprefix("error: "))
    return JobStatus(name, target, "interrupted", sent.at, note="its process ended before the first step")


def _working(files: JobFiles, record: Record, state: State, since: float | None, note: str | None = None) -> JobStatus:
    progress = read_as(files.progress, Progress)
    live = state in ("starting", "running")
    kept = last_checkpoint(partial_folder(files.target))
    return JobStatus(
        adapter=record.adapter,
        target=str(files.target),
        state=state,
        since=since or (progress.at if progress else record.began),
        process=record.process if live else None,
        step=progress.step if progress else None,
        steps=progress.steps if progress else None,
        loss=progress.loss if progress else None,
        held_out_loss=progress.held_out_loss if progress else None,
        seconds=progress.seconds if progress else None,
        speed=progress.speed if progress else None,
        seconds_left=progress.seconds_left if progress and live else None,
        checkpoint=int(kept.name.rpartition("-")[2]) if kept and not record.repeats else None,
        repeats=record.repeats,
        note=note,
    )


def _finished(files: JobFiles, record: Record | None) -> JobStatus:
    """Figures of a finished training stand in what it made."""
    made = read(files.target / TRAINING_RECORD)
    state, note = _how_it_finished(made)
    made = made or {}
    losses = made.get("losses") or {}
    seconds, tokens = made.get("seconds"), made.get("tokens")
    return JobStatus(
        adapter=made.get("adapter") or (record.adapter if record else files.target.name),
        target=str(files.target),
        state=state,
        since=record.ended if record and record.ended else _made_at(files),
        step=made.get("steps"),
        steps=made.get("planned_steps") or made.get("steps"),
        loss=losses.get("last_loss"),
        held_out_loss=losses.get("held_out_loss"),
        seconds=seconds,
        speed=tokens / seconds if tokens and seconds else None,
        note=note,
    )


def _how_it_finished(made: dict[str, Any] | None) -> tuple[State, str | None]:
    """Whether it went its whole way, and what to say of it if not."""
    if made is None:
        return "finished", "its folder was removed since"
    if isinstance(limit := made.get("stopped"), dict):
        return "stopped by a limit", str(limit.get("reason"))
    if "stopped_early" not in made:
        return "finished", None
    last, saved = made.get("steps"), made.get("saved_step")
    return "finished", f"stopped early at step {last}" + (f", best of step {saved}" if saved != last else "")


def _made_at(files: JobFiles) -> float:
    path = files.target / TRAINING_RECORD
    return path.stat().st_mtime if path.is_file() else 0.0


def _elsewhere(process: ProcessIdentity) -> str | None:
    return None if process.is_here else f"on {process.host}: only there it can be seen whether it still runs"


def _why_killed(files: JobFiles, record: Record) -> str:
    progress = read_as(files.progress, Progress)
    at = f" after step {progress.step}" if progress else " before the first step"
    if risen(record.oom_kills):
        held = f"; it held {progress.memory / 2**30:.1f} GiB" if progress else ""
        return f"its process ended{at}: likely killed for want of memory, as the kernel has killed since it began{held}"
    return f"its process ended{at} without a word: killed, or the machine went down"
