"""A training in a process of its own, so that its time and its peak of memory are its own."""

import json
import signal
import subprocess
import sys
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from harness.records import RunError
from harness.records.progress import Progress
from harness.search.alone import COST


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
    # What an earlier training cost, of another recipe perhaps, must not be taken for this one's.
    cost.unlink(missing_ok=True)
    # -P: a file of the working folder must not be taken for a module.
    command = [sys.executable, "-P", "-m", "harness.search.alone", str(recipe), str(out)]
    with (
        log.open("w", encoding="utf-8") as said,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True) as process,
    ):
        try:
            for line in process.stdout or ():
                done = json.loads(line)
                progress(stage, done["step"], done["steps"])
            status = process.wait()
        finally:
            process.kill()
    if status or not cost.is_file():
        raise RunError(_last_words(log, status))
    return Cost.model_validate_json(cost.read_text(encoding="utf-8"))


def _last_words(log: Path, status: int) -> str:
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    if status == -signal.SIGKILL:
        return "the system ended the training, as it does where memory runs out"
    return lines[-1].removeprefix("error: ")[:500] if lines else f"ended with status {status}"
