"""Trainings that do not come to their end."""

import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from harness.training import train
from harness.training.loop.steps import Step


def train_cut_off(recipe: Path, out: Path, *, step: int) -> None:
    """Train in this process until ``step`` breaks."""

    def cut(now: Step) -> None:
        if now.step == step:
            raise RuntimeError("cut off")

    with pytest.raises(RuntimeError, match="cut off"):
        train(recipe, out, watch=cut)


def train_killed(recipe: Path, out: Path, *, checkpoint: int) -> None:
    """Train in a process of its own, which SIGKILL ends once the checkpoint of a step is complete."""
    process = multiprocessing.get_context("spawn").Process(target=train, args=(recipe, out))
    process.start()
    deadline = time.monotonic() + 120
    while not (out.parent / f".{out.name}.partial/checkpoint-{checkpoint}/complete").exists():
        assert process.is_alive() and time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
