"""The control groups that hold this process: where the kernel keeps their memory's limits and counters."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

_CGROUPS, _OWN = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def memory_groups() -> Iterator[tuple[Path, Literal[1, 2]]]:
    """The folder of each, and the version of its interface; none where there are none to read."""
    with suppress(OSError):
        for line in _OWN.read_text(encoding="utf-8").splitlines():
            _, controllers, group = line.split(":", 2)
            if not controllers:
                yield _CGROUPS / group.lstrip("/"), 2
            elif "memory" in controllers.split(","):
                yield _CGROUPS / "memory" / group.lstrip("/"), 1
