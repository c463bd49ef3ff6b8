"""What a resumed training says of its time covers what was done before it was killed."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.training import Step, train
from harness.training.jobs import JobFiles, job_status

SCHEDULE = {"max_steps": 12, "batch_size": 4, "learning_rate": 0.01, "save_every": 8}


class Killed(BaseException):
    """Nothing catches it, so that nothing is put in order."""


def test_seconds_and_speed_are_those_of_all_stretches(
    write: Callable[..., Path], chat_model: Path, tmp_path: Path
) -> None:
    recipe, pause = write(chat_model, schedule=SCHEDULE), 0.25

    def slow(step: Step) -> None:
        time.sleep(pause)
        if step.step == 10 and not killed:
            raise Killed

    killed: list[float] = []
    began = time.monotonic()
    with pytest.raises(Killed):
        train(recipe, tmp_path / "a", watch=slow)
    killed.append(time.monotonic() - began)
    stopped = job_status(JobFiles(tmp_path / "a"))
    assert stopped.seconds is not None and 8 * pause <= stopped.seconds <= killed[0]
    train(recipe, tmp_path / "a", watch=slow)
    made = json.loads((tmp_path / "a/training.json").read_text())
    assert made["resumed_from_step"] == 8
    # Steps 9 and 10 were lost and done again: they count once.
    assert 12 * pause <= made["seconds"] <= time.monotonic() - began - 2 * pause
    finished = job_status(JobFiles(tmp_path / "a"))
    assert finished.seconds == made["seconds"]
    assert finished.speed == pytest.approx(made["tokens"] / made["seconds"])
