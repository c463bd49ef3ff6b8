"""A training that is killed with SIGKILL, at whatever moment, and started again ends in the bytes of a whole one."""

import json
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.models import Adapter
from harness.training import train
from harness.training.folders import last_checkpoint

Write = Callable[..., Path]
FILES = ("adapter_model.safetensors", "adapter_config.json", "metrics.jsonl", "metrics.parquet", "epochs.parquet")
PLAIN = {
    "method": {"kind": "lora", "dropout": 0.1},
    "schedule": {"max_steps": 60, "batch_size": 4, "learning_rate": 0.01, "gradient_accumulation": 2, "save_every": 5},
}
#: Everything that has a state of its own: ranks, what the ranks follow, packed rows, the best so far, the patience.
STATEFUL = {
    "method": {"kind": "adalora", "init_r": 4, "target_r": 2, "dropout": 0.1},
    "schedule": {"max_steps": 200, "batch_size": 2, "learning_rate": 0.05, "packing": True, "save_every": 7},
    "evaluation": {"fraction": 0.3, "every": 4, "keep_best": True, "early_stopping": {"patience": 4}},
    "max_length": 64,
}


@pytest.fixture(scope="module")
def start() -> Iterator[Callable[[Path, Path], Any]]:
    """Starts a training in a process of its own, forked from one that has done its imports."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["harness.training.loop.sft", "harness.training.adapted"])

    def process(recipe: Path, out: Path) -> Any:
        one = context.Process(target=train, args=(recipe, out))
        one.start()
        return one

    yield process


def kill_at(step: int, process: Any, metrics: Path) -> None:
    deadline = time.monotonic() + 120
    while not metrics.is_file() or metrics.read_text().count('"loss"') < step:
        assert process.is_alive(), "the training ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    process.join()


@pytest.mark.parametrize("recipe", [PLAIN, STATEFUL], ids=["plain", "stateful"])
def test_killed_at_three_random_moments_it_ends_in_the_same_bytes(
    write: Write, chat_model: Path, tmp_path: Path, start: Callable[[Path, Path], Any], recipe: dict[str, Any]
) -> None:
    path = write(chat_model, **recipe)
    whole = train(path, tmp_path / "whole")
    ended = json.loads((whole.folder / "training.json").read_text())
    if recipe is STATEFUL:
        assert 20 < ended["steps"] < ended["planned_steps"], "it should stop early, yet not before it is killed"
        assert 0 < ended["saved_step"] < ended["steps"]
    chance = random.Random(0)
    resumed_from = []
    for step in sorted(chance.sample(range(2, ended["steps"] - 4), 3)):
        process = start(path, tmp_path / "cut")
        kill_at(step, process, tmp_path / ".cut.partial/metrics.jsonl")
        assert not (tmp_path / "cut").exists()
        resumed_from.append(last_checkpoint(tmp_path / ".cut.partial"))
    cut = train(path, tmp_path / "cut")
    assert resumed_from[-1] is not None and resumed_from[0] != resumed_from[-1]
    assert {name: read(cut, name) for name in FILES} == {name: read(whole, name) for name in FILES}
    again = json.loads((cut.folder / "training.json").read_text())
    changing = {"seconds", "resumed_from_step"}
    assert {key: value for key, value in again.items() if key not in changing} == {
        key: value for key, value in ended.items() if key not in changing
    }
    assert not list(tmp_path.glob(".cut.partial"))


def read(adapter: Adapter, name: str) -> bytes:
    return (adapter.folder / name).read_bytes()
