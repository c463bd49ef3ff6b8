"""A training shared by two processes is the training that one process does in twice as many batches."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.records import InputError
from harness.training import train
from harness.training.loop.processes import check_devices, is_first_process, process_count

Write = Callable[..., Path]
SCHEDULE = {"max_steps": 6, "batch_size": 2, "learning_rate": 0.01, "save_every": 2}
EVALUATION = {"fraction": 0.3, "every": 3, "keep_best": True}


@pytest.mark.slow
def test_two_processes_write_the_bytes_of_one_that_accumulates_two_batches(
    write: Write, chat_model: Path, tmp_path: Path
) -> None:
    recipe = write(chat_model, schedule=SCHEDULE, evaluation=EVALUATION)
    launch = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes=2", "--num_machines=1",
              "--mixed_precision=no", "--dynamo_backend=no", "--main_process_port=0"]  # fmt: skip
    done = subprocess.run(
        [sys.executable, *launch, "-m", "harness", "train", str(recipe), "--out", str(tmp_path / "two")],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("adapter: ") == 1
    alone = write(chat_model, schedule=SCHEDULE | {"gradient_accumulation": 2}, evaluation=EVALUATION)
    one, two = train(alone, tmp_path / "one").folder, tmp_path / "two"
    for name in ("adapter_model.safetensors", "metrics.jsonl"):
        assert (one / name).read_bytes() == (two / name).read_bytes()
    records = [json.loads((folder / "training.json").read_text()) for folder in (one, two)]
    assert [(record["processes"], record["rows_a_step"]) for record in records] == [(1, 4), (2, 4)]
    assert records[0]["fingerprint"] != records[1]["fingerprint"]
    assert not (tmp_path / ".two.partial").exists()


def test_the_launcher_says_how_many_processes_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setenv("RANK", "3")
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    assert process_count() == 1 and is_first_process()
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert process_count() == 4 and not is_first_process()


def test_one_process_that_sees_several_gpus_is_told_how_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    with pytest.raises(InputError, match="accelerate launch") as caught:
        check_devices()
    assert "\n" not in str(caught.value)
