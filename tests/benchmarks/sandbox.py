"""What the sandbox costs: beside a bare interpreter, and for HumanEval's 164 canonical solutions.

    python -m tests.benchmarks.sandbox [--data FOLDER]

FOLDER holds ``openai_humaneval``. Prints milliseconds (best of 40, which other work on the machine disturbs least).
"""

import argparse
import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from harness.sandbox import Ending, Limits, Trial, level_name, run_trial, run_trials, surroundings
from harness.sandbox.levels import LEVELS, contains

_TIMES = 40
_LIMITS = Limits(seconds=30)
_BARE = [surroundings.interpreter(), "-P", "-s", "-S", "-B", "-c", "pass"]
_TRIAL = Trial("def f(): return 1", "assert f() == 1")


def milliseconds(run: Callable[[], object]) -> float:
    """The shortest time of a call."""
    times = []
    for _ in range(_TIMES):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return 1e3 * min(times)


def two_bare() -> None:
    """Two bare interpreters at once: what a trial would cost without a sandbox and without anything to do."""
    for process in [subprocess.Popen(_BARE) for _ in range(2)]:
        process.wait()


def trials(folder: Path) -> list[Trial]:
    """HumanEval's canonical solutions."""
    lines = (folder / "openai_humaneval" / "test.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [
        Trial(row["prompt"] + row["canonical_solution"], row["test"], row["prompt"], row["entry_point"]) for row in rows
    ]


def main() -> None:
    """Measure and print."""
    beside = Path(__file__).resolve().parents[3] / "shared"
    shared = Path(os.environ.get("HARNESS_SHARED", beside))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=shared / "data")
    data = parser.parse_args().data
    print(f"one bare interpreter: {milliseconds(lambda: subprocess.run(_BARE, check=True)):.1f} ms")
    print(f"two at once: {milliseconds(two_bare):.1f} ms")
    print(f"a trial without confinement: {milliseconds(lambda: run_trial(_TRIAL, (), _LIMITS)):.1f} ms")
    for parts in LEVELS:
        if contains(parts):
            took = milliseconds(lambda parts=parts: run_trial(_TRIAL, parts, _LIMITS))  # type: ignore[misc]
            print(f"a trial within {level_name(parts)}: {took:.1f} ms")
    start = time.perf_counter()
    endings = [judgement.ending for judgement in run_trials(trials(data))]
    took = time.perf_counter() - start
    cores = len(os.sched_getaffinity(0))
    print(f"HumanEval: {endings.count(Ending.PASS)} of {len(endings)} pass, {took:.1f} s on {cores} cores")


if __name__ == "__main__":
    main()
