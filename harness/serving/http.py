"""Runs the application until a signal ends it."""

import errno
import signal
import socket
import sys

import uvicorn
from fastapi import FastAPI

from harness.records import InputError

#: Seconds that answers under way may take after the signal.
_GRACE = 60
_CONNECTIONS = 1024


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one.

    Raises:
        InputError: the address cannot be listened at.
    """
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, UnicodeError) as error:
        reason = str(getattr(error, "strerror", None) or error).split(" (while")[0]
        mend = (
            "choose another --port" if getattr(error, "errno", None) == errno.EADDRINUSE else "check --host and --port"
        )
        raise InputError(f"cannot listen ({reason})", where=f"{host}:{port}", mend=mend) from None


def address(listening: socket.socket) -> str:
    """The URL of a socket that listens."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run_app(app: FastAPI, listening: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM, then finish the answers under way."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
        # Connections beyond these are answered 503 at once: each may hold a body in memory.
        limit_concurrency=_CONNECTIONS,
    )
    # Uvicorn raises the signal again when it has shut down; the default would then kill the process.
    before = signal.signal(signal.SIGTERM, lambda *unused: sys.exit(0))
    try:
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        return
    finally:
        signal.signal(signal.SIGTERM, before)
