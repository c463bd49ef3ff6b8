"""Which process runs a job, told apart from any that later gets its number: after a crash, a reboot, elsewhere."""

import platform
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

#: The kernel's name of this boot (Linux); where there is none, the moment of the boot stands in for it.
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
#: Seconds by which two readings of one start may differ: both clocks behind it tick in whole seconds.
_TOLERANCE = 1.5


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process for good.

    Attributes:
        pid: Its number, which another process may get once it has ended.
        started: When it started, in seconds since the boot, so that setting the clock does not move it.
        boot: Name of the boot it belongs to.
        host: Name of its machine.
    """

    pid: int
    started: float
    boot: str
    host: str

    @classmethod
    def of(cls, pid: int | None = None) -> "ProcessIdentity":
        """Of a running process; of this one if left out.

        Raises:
            psutil.NoSuchProcess: there is none of that number.
        """
        process = psutil.Process(pid)
        return cls(process.pid, _started(process), boot_name(), platform.node())

    def is_same(self, other: "ProcessIdentity") -> bool:
        """Whether both are one process."""
        near = abs(self.started - other.started) <= _TOLERANCE
        return near and (self.pid, self.boot, self.host) == (other.pid, other.boot, other.host)

    @property
    def is_here(self) -> bool:
        """Whether it belongs to this machine, so that what is said of it here is true."""
        return self.host == platform.node()

    def find(self) -> psutil.Process | None:
        """The process, if it still runs."""
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.pid)
            if self.is_same(ProcessIdentity.of(self.pid)) and process.status() != psutil.STATUS_ZOMBIE:
                return process
        return None


def boot_name() -> str:
    """Name of the machine's current boot."""
    with suppress(OSError):
        return _BOOT_ID.read_text(encoding="ascii").strip()
    return f"{psutil.boot_time():.0f}"


def _started(process: psutil.Process) -> float:
    return round(process.create_time() - psutil.boot_time(), 2)
