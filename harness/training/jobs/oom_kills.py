"""Whether the kernel killed processes for want of memory: its own counters, since a killed process can tell nothing."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

_CGROUPS, _OWN = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def oom_kills() -> dict[str, int]:
    """The counters that can be read here: of this machine, and of the control group that this process is in."""
    found = {}
    for path in (Path("/proc/vmstat"), *_group_files()):
        with suppress(OSError, ValueError):
            for line in path.read_text(encoding="ascii").splitlines():
                if line.startswith("oom_kill "):
                    found[str(path)] = int(line.split()[1])
    return found


def risen(before: Mapping[str, int]) -> bool:
    """Whether any counter has risen since."""
    return any(count > before[path] for path, count in oom_kills().items() if path in before)


def _group_files() -> Iterator[Path]:
    """Version 2 counts in ``memory.events``, version 1 in ``memory.oom_control``."""
    with suppress(OSError):
        for line in _OWN.read_text(encoding="utf-8").splitlines():
            _, controllers, group = line.split(":", 2)
            if not controllers:
                yield _CGROUPS / group.lstrip("/") / "memory.events"
            elif "memory" in controllers.split(","):
                yield _CGROUPS / "memory" / group.lstrip("/") / "memory.oom_control"
