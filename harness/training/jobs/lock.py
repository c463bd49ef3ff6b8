"""The lock of a job: held by the process that trains, released by the kernel when that process dies, however it dies.

A process may take it and leave it to one that it starts (`LOCK_VARIABLE`), so that there is no moment between the two
in which another could come first.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from harness.records import InputError, RunError

#: Environment variable with the number of the open file through which a started process holds its lock.
LOCK_VARIABLE = "HARNESS_JOB_LOCK"


def take(path: Path) -> int:
    """Take the lock, or what another process left of it; returns the open file that holds it.

    Raises:
        InputError: another process holds it.
        RunError: its file cannot be written.
    """
    inherited = os.environ.pop(LOCK_VARIABLE, None)
    if inherited and inherited.isdigit() and _is(int(inherited), path):
        os.set_inheritable(int(inherited), False)
        return int(inherited)
    while True:
        handle = _open(path)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise InputError(
                "is being trained by another process",
                where=_target(path),
                mend=f"see `harness train status`, or stop it with `harness train cancel {_target(path)}`",
            ) from None
        # Its holder may have removed the file between our opening and locking it.
        if _is(handle, path):
            return handle
        os.close(handle)


def _open(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise RunError(f"cannot be saved ({error})", where=_target(path), mend="free space or fix access") from error


def _target(path: Path) -> str:
    return str(path.parent.with_name(path.parent.name[1 : -len(".job")]))


def release(handle: int) -> None:
    """Let others take the lock."""
    os.close(handle)


def _is(handle: int, path: Path) -> bool:
    with suppress(OSError):
        return os.path.samestat(os.fstat(handle), path.stat())
    return False
