"""The folder of a job, ``.NAME.job`` beside the adapter that it makes: what lies in it, and reading and writing it."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.models.examine import TRAINING_RECORD
from harness.records import InputError, nearest
from harness.records.files import write_text


@dataclass(frozen=True, slots=True)
class JobFiles:
    """The paths of a job.

    Attributes:
        target: The folder that the training makes.
    """

    target: Path

    @property
    def folder(self) -> Path:
        """The job's own folder, which outlives the training."""
        return self.target.with_name(f".{self.target.name}.job")

    @property
    def lock(self) -> Path:
        """Locked by the process that trains, and by no other."""
        return self.folder / "lock"

    @property
    def queued(self) -> Path:
        """Who was sent to train in the background; written by the process that sent it."""
        return self.folder / "queued.json"

    @property
    def record(self) -> Path:
        """Who trains, since when, and how it ended; written by the process that trains."""
        return self.folder / "job.json"

    @property
    def progress(self) -> Path:
        """The newest step."""
        return self.folder / "progress.json"

    @property
    def cancelled(self) -> Path:
        """Which process was asked to stop."""
        return self.folder / "cancelled.json"

    @property
    def log(self) -> Path:
        """What a training in the background prints."""
        return self.folder / "log.txt"


def write_atomically(path: Path, value: Any) -> None:
    """Write a JSON document so that a reader, or a kill, finds the old one or the new one.

    Raises:
        RunError: it cannot be saved.
    """
    write_text(path, json.dumps(value) + "\n")


def read(path: Path) -> dict[str, Any] | None:
    """A JSON object, None where there is none to read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def find_jobs(root: Path) -> list[JobFiles]:
    """All trainings that work, worked or ended directly under a folder, by name.

    Raises:
        InputError: the folder cannot be read.
    """
    if not root.is_dir():
        return []
    if not os.access(root, os.R_OK | os.X_OK):
        raise InputError("cannot be read: permission denied", where=f"{root}/", mend="ask its owner for access")
    working = {path.name[1 : -len(".job")] for path in root.glob(".*.job") if path.is_dir()}
    ended = {path.parent.name for path in root.glob(f"*/{TRAINING_RECORD}")}
    return [JobFiles(root / name) for name in sorted(working | ended) if has_job(JobFiles(root / name))]


def has_job(files: JobFiles) -> bool:
    """Whether anything is known of a training of this target, be it that it must not be read."""
    try:
        return any(path.is_file() for path in (files.record, files.queued, files.target / TRAINING_RECORD))
    except PermissionError:
        return True


def find_job(name: str, root: Path) -> JobFiles:
    """The job of an adapter's folder, or of an adapter's name under ``root``.

    Raises:
        InputError: no training is known there.
    """
    for target in (Path(name), root / name):
        files = JobFiles(target if target.name not in ("", "..") else target.resolve())
        if files.target.name and has_job(files):
            return files
    known = [str(files.target) for files in find_jobs(root)]
    mend = nearest(name, known) if known else f"no training was started under {root}/ yet"
    raise InputError("no such training", where=name, mend=mend)


def log_lines(files: JobFiles, last: int, size: int | None = None) -> Iterator[str]:
    """The last lines of the log, without their ends; nothing where there is no log.

    Args:
        size: Bytes of the log that are read; all that there are if left out.
    """
    if files.log.is_file():
        size = files.log.stat().st_size if size is None else size
        with files.log.open("rb") as handle:
            start = handle.seek(max(0, size - 4096 * last))
            yield from handle.read(size - start).decode("utf-8", "replace").splitlines()[-last:]
