"""Stopping a training: asked first, so that it saves a checkpoint; killed when it does not heed."""

import os
import signal
import time
from contextlib import suppress

import psutil

from harness.records import InputError, RunError
from harness.training.jobs.files import JobFiles, write_atomically
from harness.training.jobs.process import ProcessIdentity
from harness.training.jobs.records import Sent
from harness.training.jobs.status import job_status

_POLL = 0.05
#: Seconds that the kernel may take to end a process that was killed.
_BURIAL = 10.0


def cancel(files: JobFiles, wait: float) -> bool:
    """Stop the process of a job, and return once it is gone.

    Args:
        wait: Seconds that it is given to finish its step and save a checkpoint.

    Returns:
        Whether it stopped by itself; otherwise it was killed, and its last checkpoint is what remains.

    Raises:
        InputError: nothing runs, or it runs on another machine or under another user.
    """
    status = job_status(files)
    identity = status.process
    if status.state == "unknown":
        raise InputError(f"not known to run: {status.note}", where=str(files.target))
    if identity is None:
        raise InputError(f"nothing to cancel: it {_has(status.state)}", where=str(files.target))
    if not identity.is_here:
        raise InputError("runs on another machine", where=str(files.target), mend=f"cancel it on {identity.host}")
    # A full disk must not keep it running.
    with suppress(RunError):
        write_atomically(files.cancelled, Sent(process=identity, at=time.time()).model_dump(mode="json"))
    try:
        _signal(identity, signal.SIGTERM)
        if _gone(identity, wait):
            return True
        _signal(identity, signal.SIGKILL)
    except PermissionError:
        raise InputError(
            f"process {identity.pid} belongs to another user", where=str(files.target), mend="ask them to cancel it"
        ) from None
    _gone(identity, _BURIAL)
    return False


def _has(state: str) -> str:
    return state if state in ("finished", "failed") else f"was {state}"


def _signal(identity: ProcessIdentity, number: signal.Signals) -> None:
    """To the process group where the process leads one, as in the background; else to it and what it started."""
    process = identity.find()
    if process is None:
        return
    with suppress(ProcessLookupError, psutil.NoSuchProcess):
        if os.getsid(process.pid) == process.pid:
            os.killpg(process.pid, number)
            return
        # Its group may hold the shell or the script that called it.
        for one in (*process.children(recursive=True), process):
            with suppress(ProcessLookupError):
                os.kill(one.pid, number)


def _gone(identity: ProcessIdentity, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while identity.find() is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL)
    return True
