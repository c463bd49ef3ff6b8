"""The lock of a job: held by the process that trains, released by the kernel when that process dies, however it dies.

A process may take it and leave it to one that it starts (`LOCK_VARIABLE`), so that there is no moment between the two
in which another could come first.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from harness.records import InputError

#: Environment variable with the number of the open file through which a started process holds its lock.
LOCK_VARIABLE = "HARNESS_JOB_LOCK"


def take(path: Path) -> int:
    """Take the lock, or what another process left of it; returns the open file that holds it.

    Raises:
        InputError: another process holds it.
    """
    inherited = os.environ.pop(LOCK_VARIABLE, None)
    if inherited and inherited.isdigit() and _is(int(inherited), path):
        os.set_inheritable(int(inherited), False)
        return int(inherited)
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            target = path.parent.with_name(path.parent.name[1 : -len(".job")])
            raise InputError(
                "is being trained by another process",
                where=str(target),
                mend=f"see `harness train status`, or stop it with `harness train cancel {target}`",
            ) from None
        # Its holder may have removed the file between our opening and locking it.
        if _is(handle, path):
            return handle
        os.close(handle)


def release(handle: int) -> None:
    """Let others take the lock."""
    os.close(handle)


def _is(handle: int, path: Path) -> bool:
    with suppress(OSError):
        return os.path.samestat(os.fstat(handle), path.stat())
    return False
