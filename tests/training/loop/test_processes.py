"""A training shared by two processes is the training that one process does in twice as many batches."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from torch.distributed import DistBackendError

from harness.records import InputError, RunError
from harness.training import train
from harness.training.jobs import JobFiles, job_status
from harness.training.loop.processes import check_devices, is_first_process, lost_processes, process_count
from tests.chat_recipes import ROWS

Write = Callable[..., Path]
Launch = Callable[[Path, Path], "subprocess.Popen[str]"]
SCHEDULE = {"max_steps": 6, "batch_size": 2, "learning_rate": 0.01, "save_every": 2}
#: Answers of many lengths, so that a row that counts twice is seen.
PAIRS = [
    {"prompt": row["prompt"], "chosen": row["response"], "rejected": f"no {'no ' * (place % 4)}"}
    for place, row in enumerate(ROWS)
]
#: Holds out 5 of 10 rows: two processes have an uneven number of batches, and a last one that is not full.
EVALUATION = {"fraction": 0.4, "every": 3, "keep_best": True}


@pytest.fixture
def launch() -> Iterator[Launch]:
    """Starts a training shared by two processes; none of them outlives the test."""
    launcher = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes=2", "--num_machines=1",
                "--mixed_precision=no", "--dynamo_backend=no", "--main_process_port=0"]  # fmt: skip
    started = []

    def start(recipe: Path, out: Path) -> "subprocess.Popen[str]":
        command = [sys.executable, *launcher, "-m", "harness", "train", str(recipe), "--out", str(out)]
        root = Path(__file__).parents[3]
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(command, cwd=root, stdout=pipe, stderr=pipe, text=True))
        return started[-1]

    yield start
    for one in started:
        if one.poll() is None:
            for process in psutil.Process(one.pid).children(recursive=True):
                process.kill()
            one.kill()
        one.communicate()


def launch_long(
    launch: Launch, write: Write, chat_model: Path, files: JobFiles
) -> "tuple[subprocess.Popen[str], list[psutil.Process]]":
    """The launcher and the processes of a training that has begun and would not end by itself."""
    recipe = write(chat_model, schedule=SCHEDULE | {"max_steps": 100_000, "save_every": 100_000})
    launched = launch(recipe, files.target)
    deadline = time.monotonic() + 200
    while not (job_status(files).step or 0) >= 2:
        assert launched.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    processes = psutil.Process(launched.pid).children()
    assert len(processes) == 2
    return launched, processes


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["sft", "dpo"])
def test_two_processes_write_the_bytes_of_one_that_accumulates_two_batches(
    launch: Launch, write: Write, chat_model: Path, tmp_path: Path, objective: str
) -> None:
    rows = ROWS[:10] if objective == "sft" else PAIRS[:10]
    common = {"objective": {"kind": objective}, "evaluation": EVALUATION, "seed": 1}
    recipe = write(chat_model, rows, schedule=SCHEDULE, **common)
    launched = launch(recipe, tmp_path / "two")
    said, errors = launched.communicate(timeout=240)
    assert launched.returncode == 0, errors[-2000:]
    assert said.count("adapter: ") == 1
    alone = write(chat_model, rows, schedule=SCHEDULE | {"gradient_accumulation": 2}, **common)
    one, two = train(alone, tmp_path / "one").folder, tmp_path / "two"
    for name in ("adapter_model.safetensors", "metrics.jsonl"):
        assert (one / name).read_bytes() == (two / name).read_bytes()
    records = [json.loads((folder / "training.json").read_text()) for folder in (one, two)]
    assert [(record["processes"], record["rows_a_step"]) for record in records] == [(1, 4), (2, 4)]
    assert records[0]["fingerprint"] != records[1]["fingerprint"]
    assert records[0]["data"]["held_out"] == 5
    assert not (tmp_path / ".two.partial").exists()


@pytest.mark.slow
def test_processes_stop_with_a_checkpoint_when_their_launcher_is_killed(
    launch: Launch, write: Write, chat_model: Path, tmp_path: Path
) -> None:
    files = JobFiles(tmp_path / "two")
    launched, processes = launch_long(launch, write, chat_model, files)
    launched.kill()
    _, left = psutil.wait_procs(processes, timeout=50)
    for one in left:
        one.kill()
    assert not left
    after = job_status(files)
    assert after.state == "interrupted" and after.checkpoint == after.step


@pytest.mark.slow
def test_the_loss_of_one_process_is_told_as_that(
    launch: Launch, write: Write, chat_model: Path, tmp_path: Path
) -> None:
    files = JobFiles(tmp_path / "two")
    launched, processes = launch_long(launch, write, chat_model, files)
    [other] = [one for one in processes if one.pid != json.loads(files.record.read_text())["process"]["pid"]]
    other.kill()
    _, errors = launched.communicate(timeout=120)
    assert "another process of this training is gone" in errors and "harness itself broke" not in errors
    after = job_status(files)
    assert after.state == "failed" and (after.note or "").startswith("another process of this training is gone")


def test_what_the_backend_said_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("LOCAL_RANK", "0")
    with pytest.raises(RunError, match=r"does not answer \(Duplicate GPU detected\)"), lost_processes():
        raise DistBackendError("Duplicate GPU detected\nlast error: none")
    with pytest.raises(RuntimeError, match=r"^shapes"), lost_processes():
        raise RuntimeError("shapes do not fit")


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
