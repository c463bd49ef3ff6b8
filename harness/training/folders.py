"""Where a training works and where its result appears: a partial folder that survives a kill, published by renaming."""

import json
import shutil
from pathlib import Path
from typing import Any

from harness.models.examine import TRAINING_RECORD
from harness.records import InputError
from harness.training.loop.processes import is_first_process, wait_for_all

#: Written into a checkpoint after all else: a checkpoint without it was cut off by a kill.
COMPLETE = "complete"

_IDENTITY = "training-id"


def refuse_foreign_folder(target: Path) -> None:
    """An earlier training may be replaced; anything else may not.

    Raises:
        InputError: the folder holds files that no training wrote.
    """
    if target.is_file() or (target.is_dir() and any(target.iterdir()) and not (target / TRAINING_RECORD).is_file()):
        raise InputError("already there, and not from a training", where=str(target), mend="name another folder")


def replaced_warning(target: Path, adapter: str) -> str | None:
    """What to say where the finished training of another adapter will be replaced; None where it will not."""
    try:
        earlier = json.loads((target / TRAINING_RECORD).read_text(encoding="utf-8"))["adapter"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return None if earlier == adapter else f"{target} holds the finished training of {earlier!r}, which is replaced"


def partial_folder(target: Path) -> Path:
    """Where the training of a target works."""
    return target.with_name(f".{target.name}.partial")


def last_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint that was written to its end."""
    found = [path for path in folder.glob("checkpoint-*") if (path / COMPLETE).is_file()]
    return max(found, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def begin(target: Path, fingerprint: str) -> Path:
    """The folder to work in: what a killed training of equal fingerprint left, else a fresh one.

    Of several processes the first makes it, and the others wait.
    """
    partial = partial_folder(target)
    identity = partial / _IDENTITY
    known = identity.is_file() and identity.read_text(encoding="utf-8") == fingerprint
    if is_first_process() and not known:
        if partial.is_dir():
            shutil.rmtree(partial)
        partial.mkdir(parents=True)
        identity.write_text(fingerprint, encoding="utf-8")
    wait_for_all()
    return partial


def publish(partial: Path, target: Path) -> None:
    """Put the finished adapter in its place and remove the rest; at no moment is half an adapter there.

    Of several processes the first does it, and the others wait.
    """
    if is_first_process():
        finished, earlier = partial / "adapter", partial / "replaced"
        if target.is_dir():
            # A kill after an earlier publishing left what that one had replaced.
            shutil.rmtree(earlier, ignore_errors=True)
            target.rename(earlier)
        finished.rename(target)
        shutil.rmtree(partial)
    wait_for_all()


def write_json(path: Path, value: Any) -> None:
    """Write a JSON document, keys in the order given."""
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
