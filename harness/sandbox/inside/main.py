"""The first code of every process of a sandbox: read what to do, confine oneself, do it."""

from __future__ import annotations

import os
import select
import sys

from .candidate import serve
from .confine import confine
from .judge import judge
from .plain import decode

# typing costs more to import than all the rest.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main() -> None:
    """Do what standard input says (see `harness.sandbox.process`), then end without further ado."""
    spec = decode(_everything(0), _no_objects)
    os.chdir(spec["confinement"]["folder"])
    confine(spec["confinement"], may_exec=spec["role"] == "node")
    _end_if_alone(spec["alive"])
    if spec["role"] == "node":
        _become_node(spec)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    sys.path += spec["libraries"]
    if spec["role"] == "tests":
        judge(spec, spec["reading"], spec["writing"], spec["report"])
    else:
        serve(spec, spec["reading"], spec["writing"])
    os._exit(0)


def _end_if_alone(alive: int) -> None:
    """End if the harness, which holds the other end of the pipe, died before its death could reach this process."""
    watched = select.poll()
    watched.register(alive, 0)
    if watched.poll(0):
        os._exit(0)
    os.close(alive)


def _become_node(spec: dict[str, Any]) -> None:
    # candidate.js reads the same description from the beginning.
    os.lseek(0, 0, os.SEEK_SET)
    for file in (spec["reading"], spec["writing"]):
        os.set_inheritable(file, True)
    os.execve(spec["node"], spec["arguments"], dict(os.environ))


def _everything(file: int) -> bytes:
    parts = []
    while part := os.read(file, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def _no_objects(number: int) -> Any:
    raise ValueError(f"object {number} in a description")
