"""Whether the kernel killed processes for want of memory: its own counters, since a killed process can tell nothing."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from harness.training.control_groups import memory_groups

#: Of a control group, by the version of its interface.
_COUNTERS = {1: "memory.oom_control", 2: "memory.events"}


def oom_kills() -> dict[str, int]:
    """The counters that can be read here: of this machine, and of the control group that this process is in."""
    found = {}
    for path in (Path("/proc/vmstat"), *(folder / _COUNTERS[version] for folder, version in memory_groups())):
        with suppress(OSError, ValueError):
            for line in path.read_text(encoding="ascii").splitlines():
                if line.startswith("oom_kill "):
                    found[str(path)] = int(line.split()[1])
    return found


def risen(before: Mapping[str, int]) -> bool:
    """Whether any counter has risen since."""
    return any(count > before[path] for path, count in oom_kills().items() if path in before)
