"""A training in a process of its own, so that its time and its peak of memory are its own; it says both with each step.

Run as a module, this is that process. It dies with the one that hears it, and harms nobody where memory runs out.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Timer
from typing import Literal

from harness.records import HarnessError, RunError
from harness.training.loop.steps import Step
from harness.training.recipes.recipe import Recipe
from harness.training.train import train

_STATUS = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class Heard:
    """How far a training has come, at the end of a step or, ``saved``, of everything.

    Attributes:
        tokens: Learned from so far, padding aside.
        at: Seconds since its process was started.
        memory: Bytes that it held at most so far: torch on the ``gpu``, or the whole ``process`` in main memory.
    """

    step: int
    steps: int
    tokens: int
    at: float
    memory: int
    memory_of: Literal["gpu", "process"]
    saved: bool = False


def train_alone(
    recipe: Recipe, folder: Path, out: Path, log: Path, *, patience: float | None = None
) -> Generator[Heard, None, None]:
    """Train in a fresh process, which ends when the iterator is closed.

    Args:
        folder: What the recipe's paths are relative to.
        log: File for whatever the training says beside its steps.
        patience: Seconds after which it is ended, and nothing more is heard.

    Raises:
        RunError: it could not be trained; in its own words.
    """
    # -P: a file of the working folder must not be taken for a module.
    command = [sys.executable, "-P", "-m", "harness.training.alone", str(folder), str(out)]
    began = time.monotonic()
    with (
        log.open("w+", encoding="utf-8", errors="replace") as said,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, encoding="utf-8"
        ) as process,
    ):
        tired = Timer(patience, process.kill) if patience else None
        try:
            if tired:
                tired.start()
            assert process.stdin is not None and process.stdout is not None
            # One that ended before it read says why in its log.
            with suppress(BrokenPipeError), process.stdin as given:
                given.write(recipe.model_dump_json(exclude_unset=True))
            for line in process.stdout:
                told = json.loads(line)
                # The clock counts from the start of the machine, in all of its processes.
                yield Heard(**told | {"at": told["at"] - began})
            status = process.wait()
        finally:
            if tired:
                tired.cancel()
            process.kill()
        if status and not (patience and time.monotonic() - began >= patience):
            said.seek(0)
            raise RunError(_last_words(said.read(), status))


def _last_words(said: str, status: int) -> str:
    lines = [line for line in said.splitlines() if line.strip()]
    if status == -signal.SIGKILL:
        return "the system ended the training, as it does where memory runs out"
    return lines[-1].removeprefix("error: ")[:500] if lines else f"ended with status {status}"


def _main(folder: Path, out: Path) -> None:
    """Train in this process the recipe on standard input, and say each step on standard output."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    said = os.fdopen(os.dup(1), "w")
    # Whatever a library prints, from Python or from C, must not stand among the steps.
    os.dup2(2, 1)
    newest = Step(0, 0, 0.0, 0)

    def tell(step: Step, saved: bool = False) -> None:
        nonlocal newest
        if step.loss is None and not saved:
            return
        newest = step
        memory, memory_of = _peak()
        heard = Heard(step.step, step.steps, step.tokens, time.monotonic(), memory, memory_of, saved)
        said.write(json.dumps(asdict(heard)) + "\n")
        said.flush()

    train(Recipe.model_validate_json(sys.stdin.buffer.read()), out, folder=folder, watch=tell)
    tell(newest, saved=True)


def _peak() -> tuple[int, Literal["gpu", "process"]]:
    """Peak of memory so far. Not ``ru_maxrss``, which a process inherits from the one that started it."""
    import torch

    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated(), "gpu"
    with suppress(OSError):
        for line in _STATUS.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) * 1024, "process"
    # Elsewhere than on Linux, and in sandboxes that do not count it. macOS gives bytes, all others KiB.
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024), "process"


if __name__ == "__main__":
    try:
        _main(Path(sys.argv[1]), Path(sys.argv[2]))
    except HarnessError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(error.exit_status)
