"""A process is told apart from any other that has its number: later, after a reboot, on another machine."""

import subprocess
import sys
from dataclasses import replace

from harness.training.jobs.process import ProcessIdentity


def sleeper() -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)


def test_a_running_process_is_found_until_it_ends() -> None:
    process = sleeper()
    identity = ProcessIdentity.of(process.pid)
    assert identity.find() is not None
    process.kill()
    # Dead, and not yet buried: it has its number still.
    while identity.find() is not None:
        pass
    process.wait()
    assert identity.find() is None


def test_a_recycled_number_does_not_look_alive() -> None:
    process = sleeper()
    try:
        identity = ProcessIdentity.of(process.pid)
        earlier = replace(identity, started=identity.started - 3600)
        assert earlier.find() is None and identity.find() is not None
    finally:
        process.kill()
        process.wait()


def test_after_a_reboot_nothing_looks_alive() -> None:
    own = ProcessIdentity.of()
    assert own.find() is not None
    assert replace(own, boot="another").find() is None


def test_a_process_of_another_machine_is_not_looked_for_here() -> None:
    elsewhere = replace(ProcessIdentity.of(), host="elsewhere")
    assert elsewhere.find() is None and not elsewhere.is_here
