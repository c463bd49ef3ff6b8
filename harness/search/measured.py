"""A training in a process of its own, so that its time and its peak of memory are its own. Run as a module, it trains.

The started process says each step on its standard output, and dies with the process that reads there.
"""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from harness.records import RunError
from harness.records.progress import Progress
from harness.runs import write_json
from harness.training import Step, train

#: What a training cost, beside the adapter's folder.
COST = "cost.json"


class Cost(BaseModel):
    """What a training cost.

    Attributes:
        peak_memory: Bytes; of the GPU, or of the process.
        tokens_per_second: Between the first step and the last.
    """

    model_config = ConfigDict(frozen=True)

    peak_memory: int
    memory_of: str
    tokens_per_second: float | None


def train_measured(recipe: Path, out: Path, progress: Progress, stage: str) -> Cost:
    """Train a recipe's file in a fresh process. What it says beside its steps lies in ``train.log`` beside ``out``.

    Raises:
        RunError: it could not be trained; in its own words.
    """
    log, cost = out.parent / "train.log", out.parent / COST
    command = [sys.executable, "-m", "harness.search.measured", str(recipe), str(out)]
    with log.open("w", encoding="utf-8") as said:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True)
        try:
            for line in process.stdout or ():
                done = json.loads(line)
                progress(stage, done["step"], done["steps"])
            status = process.wait()
        finally:
            process.kill()
            process.wait()
    if status or not cost.is_file():
        raise RunError(_last_words(log, status))
    return Cost.model_validate_json(cost.read_text(encoding="utf-8"))


def _last_words(log: Path, status: int) -> str:
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    if status == -signal.SIGKILL:
        return "the system ended the training, as it does where memory runs out"
    return lines[-1].removeprefix("error: ")[:500] if lines else f"ended with status {status}"


class _Meter:
    """Counts tokens and time between the first step and the last, and says each step."""

    def __init__(self) -> None:
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
        sys.stdout.write(json.dumps({"step": step.step, "steps": step.steps}) + "\n")
        sys.stdout.flush()


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
    meter = _Meter()
    train(recipe, out, watch=meter)
    write_json(out.parent / COST, _peak() | {"tokens_per_second": meter.tokens_per_second})


if __name__ == "__main__":
    from harness.records import HarnessError

    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]))
    except HarnessError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(error.exit_status)
