"""A world to attack, and the levels of isolation that this machine offers."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from harness.sandbox import level_name
from harness.sandbox.levels import LEVELS, contains

#: A process that lets anybody look at it, says where in its memory a secret lies, and waits.
_VICTIM = """
import ctypes, time
ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(2**64 - 1), 0, 0, 0)
secret = ctypes.create_string_buffer(b"secret")
print(ctypes.addressof(secret), flush=True)
time.sleep(600)
"""


@pytest.fixture(params=LEVELS, ids=level_name)
def parts(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Each level of isolation that this machine offers."""
    if not _offered(request.param):
        pytest.skip(f"this machine does not offer {level_name(request.param)}")
    return request.param


_offered = cache(contains)


@dataclass
class World:
    """What attacks aim at.

    Attributes:
        names: What an attack is told.
    """

    folder: Path
    victim: subprocess.Popen[str]
    sockets: dict[str, socket.socket]
    names: dict[str, Any] = field(default_factory=dict)

    def marks(self) -> list[str]:
        """What an attack left behind that anybody outside could see."""
        outside = ["a file" for _ in (self.folder / "outside").iterdir()]
        heard = [name for name, one in self.sockets.items() if _heard(one)]
        target = self.folder / "outside_target"
        harmed = [] if target.exists() and target.read_text() == "whole" else ["target"]
        mode = [] if (self.folder / "home" / "secret").stat().st_mode & 0o777 == 0o666 else ["mode"]
        return [*outside, *heard, *harmed, *mode]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A fake home with a secret, a folder anybody may write to, listeners, and another process."""
    for name in ("home", "outside"):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(0o777)
    secret, target = tmp_path / "home" / "secret", tmp_path / "outside_target"
    secret.write_text("secret")
    target.write_text("whole")
    for file in (secret, target):
        file.chmod(0o666)
    victim = subprocess.Popen([sys.executable, "-S", "-c", _VICTIM], stdout=subprocess.PIPE, text=True)
    assert victim.stdout
    sockets = {
        "tcp": socket.create_server(("127.0.0.1", 0)),
        "udp": socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "unix": socket.socket(socket.AF_UNIX),
        "unix_datagram": socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM),
    }
    sockets["udp"].bind(("127.0.0.1", 0))
    for name in ("unix", "unix_datagram"):
        sockets[name].bind(f"\0sandbox-{name}-{os.getpid()}")
    sockets["unix"].listen()
    names = {
        "home": str(tmp_path / "home"),
        "outside": str(tmp_path / "outside"),
        "secret": str(secret),
        "target": str(target),
        "victim": victim.pid,
        "address": int(victim.stdout.readline()),
        "tcp": sockets["tcp"].getsockname()[1],
        "udp": sockets["udp"].getsockname()[1],
        "unix": f"sandbox-unix-{os.getpid()}",
        "unix_datagram": f"sandbox-unix_datagram-{os.getpid()}",
    }
    yield World(tmp_path, victim, sockets, names)
    victim.kill()
    victim.wait()
    victim.stdout.close()
    for one in sockets.values():
        one.close()


def _heard(one: socket.socket) -> bool:
    one.setblocking(False)
    try:
        if one.type == socket.SOCK_DGRAM:
            return bool(one.recv(16))
        one.accept()[0].close()
    except BlockingIOError:
        return False
    return True
