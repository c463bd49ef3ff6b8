"""Run as a module: trains a recipe, says each step on standard output, and writes down what the training cost.

It dies with the process that reads its output. It imports little, since what it imports counts as memory.
"""

import json
import signal
import sys
import time
from pathlib import Path
from typing import Any, TextIO

from harness.records import HarnessError
from harness.runs import write_json
from harness.training import Step, train

#: What a training cost, beside the adapter's folder.
COST = "cost.json"


class _Meter:
    """Counts tokens and time between the first step and the last, and says each step."""

    def __init__(self, said: TextIO) -> None:
        self._said = said
        self._first: tuple[float, int] | None = None
        self.tokens_per_second: float | None = None

    def __call__(self, step: Step) -> None:
        if step.loss is None:
            return
        now = time.monotonic()
        if self._first is None:
            self._first = (now, step.tokens)
        elif now > self._first[0]:
            self.tokens_per_second = (step.tokens - self._first[1]) / (now - self._first[0])
        self._said.write(json.dumps({"step": step.step, "steps": step.steps}) + "\n")
        self._said.flush()


def _peak() -> dict[str, Any]:
    """Peak of memory so far. Not ``ru_maxrss``, which a process inherits from the one that started it."""
    import torch

    if torch.cuda.is_available():
        return {"peak_memory": torch.cuda.max_memory_allocated(), "memory_of": "gpu"}
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(one for one in status.read_text().splitlines() if one.startswith("VmHWM"))
        return {"peak_memory": int(line.split()[1]) * 1024, "memory_of": "process"}
    import resource

    return {"peak_memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, "memory_of": "process"}


def main(recipe: Path, out: Path) -> None:
    """Train in this process, and write what it cost."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    meter = _Meter(sys.stdout)
    # Whatever a library prints must not stand among the steps.
    sys.stdout = sys.stderr
    train(recipe, out, watch=meter)
    write_json(out.parent / COST, _peak() | {"tokens_per_second": meter.tokens_per_second})


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]))
    except HarnessError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(error.exit_status)
