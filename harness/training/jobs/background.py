"""Sending a training to the background: a process of its own session, which no terminal takes with it."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence

from harness.training.jobs.files import JobFiles, write_atomically
from harness.training.jobs.lock import LOCK_VARIABLE, release, take
from harness.training.jobs.process import ProcessIdentity
from harness.training.jobs.records import Sent


def send(arguments: Sequence[str], files: JobFiles) -> ProcessIdentity:
    """Start ``harness train ARGUMENTS``, with its output in the job's log, and return at once.

    The lock of the job is taken here and left to the new process.

    Raises:
        InputError: another process trains into the same folder.
    """
    lock = take(files.lock)
    try:
        with files.log.open("wb") as log:
            # -P: a file of the working folder must not be taken for a module.
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "harness", "train", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=(lock,),
                env=os.environ | {LOCK_VARIABLE: str(lock), "PYTHONUNBUFFERED": "1"},
            )
        identity = ProcessIdentity.of(process.pid)
        write_atomically(files.queued, Sent(process=identity, at=time.time()).model_dump(mode="json"))
    finally:
        release(lock)
    return identity
