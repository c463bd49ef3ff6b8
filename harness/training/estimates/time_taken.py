"""How fast a training would be on this machine, from a few of its own steps: real ones, in a process of their own.

A process of its own shows how much memory the steps really take, and takes no harm here if they run out of it.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import IO, Any

from harness.records import HarnessError, RunError
from harness.training.loop.steps import Step
from harness.training.recipes.recipe import Recipe
from harness.training.recipes.sections import Evaluation

#: Steps that are tried; the first is not timed, since it loads what later ones find there.
_STEPS = 10
#: Seconds after the first step in which further steps are waited for, once two are timed.
_ENOUGH = 60.0
#: Seconds after which a base that has not made three steps is given up.
_PATIENCE = 600.0
_CHILD = "import sys; from harness.training.estimates.time_taken import try_steps; try_steps(*sys.argv[1:])"


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a few real steps took.

    Attributes:
        steps: How many were timed.
        step_seconds: Of one, on average.
        speed: Tokens a second, padding aside.
        start_seconds: Until the first step was done: libraries, data, base.
        memory: Bytes that the process held at most (resident set).
    """

    steps: int
    step_seconds: float
    speed: float
    start_seconds: float
    memory: int


def calibrate(recipe: Recipe, folder: Path) -> Calibration:
    """Train a few steps of a recipe in a temporary folder.

    Args:
        folder: What the recipe's paths are relative to.

    Raises:
        RunError: they could not be made, or took too long.
    """
    given = _few_steps(recipe).model_dump_json()
    with tempfile.TemporaryDirectory() as out, tempfile.TemporaryFile("w+") as said:
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _CHILD, given, str(folder), out],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
        )
        try:
            seen = list(_steps_in_time(process, began))
        finally:
            process.kill()
            process.wait()
        said.seek(0)
        last_words = said.read().strip().splitlines()[-1:]
    if len(seen) < 3:
        raise RunError(" ".join(last_words) or f"fewer than three steps in {time.monotonic() - began:.0f} s")
    first, last = seen[0], seen[-1]
    seconds, steps = last["at"] - first["at"], last["step"] - first["step"]
    return Calibration(
        steps=steps,
        step_seconds=seconds / steps,
        speed=(last["tokens"] - first["tokens"]) / seconds,
        start_seconds=first["at"],
        memory=max(line["memory"] for line in seen),
    )


def try_steps(recipe: str, folder: str, out: str) -> None:
    """In the process that is watched: train, and print each step with the memory held so far."""
    from harness.training.train import train

    def tell(step: Step) -> None:
        if step.loss is not None:
            # Linux counts in KiB, macOS in bytes.
            unit = 1 if sys.platform == "darwin" else 1024
            held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
            sys.stdout.write(json.dumps({"step": step.step, "tokens": step.tokens, "memory": held}) + "\n")
            sys.stdout.flush()

    try:
        train(Recipe.model_validate_json(recipe), Path(out) / "adapter", folder=Path(folder), watch=tell)
    except HarnessError as error:
        sys.exit(str(error))


def _few_steps(recipe: Recipe) -> Recipe:
    schedule = recipe.schedule.model_copy(update={"epochs": None, "max_steps": _STEPS, "save_every": None})
    left_out = {"evaluation": Evaluation(), "forgetting": None, "canaries": None, "tune": None}
    return recipe.model_copy(update={"schedule": schedule, **left_out})


def _steps_in_time(process: "subprocess.Popen[str]", began: float) -> Iterator[dict[str, Any]]:
    """The steps as they are done, each with its seconds since the beginning, until enough of them are known."""
    lines: SimpleQueue[str] = SimpleQueue()
    assert process.stdout is not None
    Thread(target=_pass_on, args=(process.stdout, lines), daemon=True).start()
    seen, first = 0, 0.0
    while (waited := time.monotonic() - began) < (first + _ENOUGH if seen >= 3 else _PATIENCE):
        with suppress(Empty):
            line = lines.get(timeout=1.0)
            if not line:
                return
            seen, first = seen + 1, first or waited
            yield json.loads(line) | {"at": time.monotonic() - began}


def _pass_on(stream: IO[str], lines: "SimpleQueue[str]") -> None:
    for line in stream:
        lines.put(line)
    lines.put("")
