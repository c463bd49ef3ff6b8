"""How well this machine can contain code, found out by trying to get out."""

import os
import socket
import sys
import tempfile
from functools import cache
from pathlib import Path

from harness.records import InputError, RunError, Unavailable
from harness.sandbox import surroundings
from harness.sandbox.limits import Limits
from harness.sandbox.trial import Ending, Trial, run_trial

#: What can confine a process, in the order in which a level names it.
PARTS = ("landlock", "seccomp", "bwrap")
NONE = "none"
#: The combinations that may contain code, the strongest first. Without seccomp nothing would stop a fork bomb.
LEVELS = (("landlock", "seccomp", "bwrap"), ("landlock", "seccomp"), ("seccomp", "bwrap"))
_LIMITS = Limits(seconds=10.0, threads=8)

#: Tries to get out, and returns the ways that worked.
_ESCAPES = """
import os, socket, threading

def escapes(canary, folder, tcp, udp, parent):
    def read(): open(canary).read()
    def look(): os.listdir(folder)
    def write(): open(folder + "/written", "w").close()
    def change(): os.chmod(canary, 0)
    def environment(): open(f"/proc/{parent}/environ").read()
    def system(): os.listdir("/sys")
    def connect(): socket.create_connection(("127.0.0.1", tcp), 1).close()
    def signal(): os.kill(parent, 0)
    def multiply():
        threading.stack_size(64 << 10)
        stop = threading.Event()
        try:
            for _ in range(200):
                threading.Thread(target=stop.wait).start()
        finally:
            stop.set()
    with open("own", "w") as own:
        own.write("kept")
    if open("own").read() != "kept":
        raise RuntimeError("cannot write to its own folder")
    try:
        # Whether it arrives is seen at the other end: within a network of its own it is sent, but to nobody.
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"out", ("127.0.0.1", udp))
    except OSError:
        pass
    worked = []
    for way in (read, look, write, change, environment, system, connect, signal, multiply):
        try:
            way()
        except (OSError, RuntimeError):
            continue
        worked.append(way.__name__)
    return worked
"""


@cache
def level() -> tuple[str, ...]:
    """The parts of the strongest level that passed the self-test on this machine; empty where none did."""
    if sys.platform != "linux" or not sys.executable:
        return ()
    return next((parts for parts in LEVELS if contains(parts)), ())


def level_name(parts: tuple[str, ...]) -> str:
    """A level in one word: ``landlock+seccomp``, or ``none``."""
    return "+".join(parts) or NONE


def parse_level(name: str) -> tuple[str, ...]:
    """The parts that a level names (``landlock+seccomp``); none for ``none`` and the empty text.

    Raises:
        InputError: it names something else.
    """
    parts = () if name in ("", NONE) else tuple(name.split("+"))
    if unknown := [part for part in parts if part not in PARTS]:
        raise InputError(f"unknown sandbox part {unknown[0]!r}", mend=f"join some of {', '.join(PARTS)} with '+'")
    return parts


def demand(wanted: str = "") -> tuple[str, ...]:
    """The level of this machine, if it contains code and has every part of the level that is wanted.

    Raises:
        InputError: ``wanted`` is no level.
        Unavailable: the machine cannot contain code, or lacks a part.
    """
    parts = parse_level(wanted)
    found = level()
    if not found:
        raise Unavailable(
            "generated code is not run: nothing contains it on this machine",
            mend="use Linux 5.13 or later with Landlock and seccomp, or install bubblewrap",
        )
    if missing := [part for part in parts if part not in found]:
        raise Unavailable(
            f"generated code is not run: the sandbox is {level_name(found)} here, without {' and '.join(missing)}",
            mend="run it where `harness doctor` names the level, or demand less",
        )
    return found


def contains(parts: tuple[str, ...]) -> bool:
    """Whether code confined by these parts can work and cannot get out, by trying."""
    if "bwrap" in parts and not surroundings.bubblewrap():
        return False
    with (
        tempfile.TemporaryDirectory(prefix="sandbox-test-") as folder,
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
    ):
        canary = Path(folder, "canary")
        canary.write_text("secret", encoding="utf-8")
        # Everybody may read, write and list it: what stops the code is the sandbox, not the file's owner.
        Path(folder).chmod(0o777)
        canary.chmod(0o666)
        udp.bind(("127.0.0.1", 0))
        ports = f"{tcp.getsockname()[1]}, {udp.getsockname()[1]}"
        tests = f"ways = escapes({str(canary)!r}, {folder!r}, {ports}, {os.getpid()})\nassert ways == [], ways"
        try:
            ending = run_trial(Trial(_ESCAPES, tests), parts, _LIMITS).ending
        except RunError:
            return False
        return ending is Ending.PASS and not _arrived(udp)


def _arrived(udp: socket.socket) -> bool:
    udp.setblocking(False)
    try:
        return bool(udp.recv(16))
    except BlockingIOError:
        return False
