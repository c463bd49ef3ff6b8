"""What judged code may use up."""

import time
from dataclasses import dataclass
from functools import cache

#: Seconds that the calibration loop takes on the machine that the default time limit was chosen on.
_NOMINAL = 0.010
_SLOWEST = 10.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one trial.

    Attributes:
        seconds: Wall-clock time on a machine of nominal speed; a slower one gives more (see `machine_factor`).
        memory: Bytes of address space of each process.
        file: Bytes of the largest file, and of what is printed.
        folder: Bytes of everything in the private folder, watched while the code runs. What is deleted there but still
            open is bounded by ``file`` for each of 64 open files, and by ``memory`` where it is mapped.
        entries: Files and folders there.
        threads: More than the user already has.
    """

    seconds: float = 4.0
    memory: int = 1 << 30
    file: int = 8 << 20
    folder: int = 32 << 20
    entries: int = 500
    threads: int = 64


@cache
def machine_factor() -> float:
    """How many times slower than nominal this machine is, from 1 to 10, measured once."""
    return min(_SLOWEST, max(1.0, min(_loop() for _ in range(3)) / _NOMINAL))


def _loop() -> float:
    start = time.perf_counter()
    total = 0
    for number in range(150_000):
        total += number % 7
    return time.perf_counter() - start
