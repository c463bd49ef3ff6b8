"""How much memory a training may still take here: what the machine has free, within the limits set on this process."""

import resource
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

_CGROUPS, _OWN = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def available_memory(device: str) -> int:
    """Bytes free now on the CPU's side (``cpu``), or on the current GPU (``cuda``)."""
    if device == "cuda":
        import torch

        return int(torch.cuda.mem_get_info()[0])
    return max(0, min(psutil.virtual_memory().available, *_limits()))


def _limits() -> Iterator[int]:
    """What is left of each limit that holds for this process."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY:
        yield limit - psutil.Process().memory_info().vms
    for most, used in _group_files():
        with suppress(OSError, ValueError):
            yield int(most.read_text(encoding="ascii")) - int(used.read_text(encoding="ascii"))
    # So that there is always one to take the least of.
    yield psutil.virtual_memory().total


def _group_files() -> Iterator[tuple[Path, Path]]:
    """Limit and use of the control group that this process is in, in version 2 and in version 1."""
    with suppress(OSError):
        for line in _OWN.read_text(encoding="utf-8").splitlines():
            _, controllers, group = line.split(":", 2)
            if not controllers:
                folder = _CGROUPS / group.lstrip("/")
                yield folder / "memory.max", folder / "memory.current"
            elif "memory" in controllers.split(","):
                folder = _CGROUPS / "memory" / group.lstrip("/")
                yield folder / "memory.limit_in_bytes", folder / "memory.usage_in_bytes"
