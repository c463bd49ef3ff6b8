"""How much memory a training may still take here: what the machine has free, within the limits set on this process."""

import resource
from collections.abc import Iterator
from contextlib import suppress

import psutil

from harness.training.control_groups import memory_groups

#: Limit and use of a control group, by the version of its interface.
_LIMITS = {1: ("memory.limit_in_bytes", "memory.usage_in_bytes"), 2: ("memory.max", "memory.current")}


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
    for folder, version in memory_groups():
        with suppress(OSError, ValueError):
            most, used = (int((folder / name).read_text(encoding="ascii")) for name in _LIMITS[version])
            yield most - used
    # So that there is always one to take the least of.
    yield psutil.virtual_memory().total
