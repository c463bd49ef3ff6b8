"""Trainings in the background, as their user starts, watches, stops, loses and resumes them: real processes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

ROOT = Path(__file__).parents[2]
#: Steps enough that a training is still running when a test gets to it.
LONG = {"max_steps": 20_000, "batch_size": 4, "learning_rate": 0.01, "save_every": 10}
SHORT = {"max_steps": 12, "batch_size": 4, "learning_rate": 0.01, "save_every": 4}


@pytest.fixture
def work(tmp_path: Path, write: Callable[..., Path], chat_model: Path) -> Iterator[Path]:
    """A folder with a recipe of a long training; whatever was started there is gone afterwards."""
    write(chat_model, schedule=LONG)
    yield tmp_path
    if process := status(tmp_path)["process"]:
        psutil.Process(process).kill()


def harness(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-m", "harness", "train", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


def status(folder: Path) -> dict[str, Any]:
    from harness.training.jobs import JobFiles, job_status

    return job_status(JobFiles(folder / "out" / "test")).to_json()


def until(folder: Path, met: Callable[[dict[str, Any]], bool], seconds: float = 240) -> dict[str, Any]:
    """The status, once it is as it should be."""
    deadline = time.monotonic() + seconds
    while not met(found := status(folder)):
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return found


def shorten(folder: Path) -> None:
    recipe = yaml.safe_load((folder / "recipe.yaml").read_text())
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe | {"schedule": SHORT}))


def test_a_training_in_the_background_is_watched_cancelled_and_goes_on(work: Path) -> None:
    sent = harness(work, "recipe.yaml", "--background", "--json")
    assert sent.returncode == 0, sent.stderr
    process = json.loads(sent.stdout)["process"]
    # Of a session of its own: closing the terminal does not reach it.
    assert os.getsid(process) == process != os.getsid(0)
    running = until(work, lambda one: (one["step"] or 0) >= 2)
    assert running["state"] == "running" and running["process"] == process
    second = harness(work, "recipe.yaml")
    assert second.returncode == 2 and "is being trained by another process" in second.stderr
    assert "Traceback" not in second.stderr and len(second.stderr.strip().splitlines()) == 1
    cancelled = harness(work, "cancel")
    assert cancelled.returncode == 0 and "test: cancelled after step" in cancelled.stdout
    after = status(work)
    assert after["state"] == "cancelled" and after["checkpoint"] == after["step"] > 0
    assert not psutil.pid_exists(process) or psutil.Process(process).status() == psutil.STATUS_ZOMBIE
    again = harness(work, "cancel", "test")
    assert again.returncode == 2 and again.stderr == "error: out/test: nothing to cancel: it was cancelled\n"
    # The same command goes on; killed, it is known to be gone.
    harness(work, "recipe.yaml", "--background")
    resumed = until(work, lambda one: one["state"] == "running")
    assert resumed["step"] > after["step"]
    os.kill(resumed["process"], signal.SIGKILL)
    killed = until(work, lambda one: one["state"] != "running", seconds=30)
    assert killed["state"] == "interrupted" and "without a word" in killed["note"]


def test_a_finished_training_keeps_its_figures_and_its_log(work: Path) -> None:
    shorten(work)
    assert harness(work, "recipe.yaml", "--background").returncode == 0
    followed = harness(work, "logs", "--follow")
    assert "step 12/12" in followed.stdout and "out/test: finished" in followed.stderr
    made = status(work)
    assert (made["state"], made["step"], made["steps"]) == ("finished", 12, 12) and made["loss"] > 0
    shown = harness(work, "status").stdout
    assert "finished" in shown and "12/12" in shown
    assert "adapter: " in harness(work, "logs", "test", "-n", "1").stdout


def test_a_training_in_the_foreground_is_seen_and_stops_with_a_checkpoint(work: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-m", "harness", "train", "recipe.yaml"]
    foreground = subprocess.Popen(command, cwd=work, env=environment, stderr=subprocess.PIPE, text=True)
    until(work, lambda one: (one["step"] or 0) >= 2)
    assert harness(work, "recipe.yaml", "--background").returncode == 2
    foreground.send_signal(signal.SIGINT)
    _, said = foreground.communicate(timeout=240)
    assert foreground.returncode == 3 and "with a checkpoint; the same command goes on" in said
    stopped = status(work)
    assert stopped["state"] == "interrupted" and stopped["checkpoint"] == stopped["step"]
    assert "has no log" in harness(work, "logs", "test").stderr


def test_bad_input_fails_in_the_foreground_and_leaves_nothing(work: Path) -> None:
    (work / "wrong.yaml").write_text("adapter: test\nbase: reference\ndata: absent.jsonl\n")
    (work / "taken").mkdir()
    (work / "taken" / "mine.txt").write_text("not from a training")
    for arguments, says in (
        (["absent.yaml", "--background"], "no such file"),
        (["wrong.yaml", "--background"], "no such data file"),
        (["recipe.yaml", "--background", "--out", "taken"], "not from a training"),
        (["recipe.yaml", "--background", "--estimate"], "give one of them"),
        (["recipe.yaml", "--price-per-hour", "2"], "give both"),
        (["cancel"], "no training runs under out/"),
        (["logs", "nothing"], "no such training"),
        (["status", "nothing"], "no such training"),
    ):
        made = harness(work, *arguments)
        assert made.returncode == 2 and says in made.stderr, (arguments, made.stderr)
        assert len(made.stderr.strip().splitlines()) == 1
    assert not (work / "out").exists()


def test_launched_processes_do_not_each_send_a_training_to_the_background(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("WORLD_SIZE", "2"), ("RANK", "0"), ("LOCAL_RANK", "0")):
        monkeypatch.setenv(name, value)
    made = harness(work, "recipe.yaml", "--background")
    assert made.returncode == 2 and "send the launcher to the background" in made.stderr
    assert not (work / "out").exists()


def test_help_names_the_other_commands_and_a_recipe_may_have_their_names(work: Path) -> None:
    from typer.testing import CliRunner

    from harness.cli.train import app

    shown = CliRunner().invoke(app, ["--help"]).stdout
    assert "--background" in shown and "harness train status" in shown
    assert "Say of each training" in CliRunner().invoke(app, ["status", "--help"]).stdout
    (work / "status").write_text("adapter: 3\n")
    assert "status:1: 'adapter': should be text" in harness(work, "./status").stderr


def test_running_out_of_memory_says_what_would_fit(work: Path) -> None:
    """The limit is real: the kernel refuses the process more address space."""
    limit = 4 * 2**30
    recipe = yaml.safe_load((work / "recipe.yaml").read_text())
    rows = [{"prompt": "count " * 10, "response": "one two three"}] * 4
    (work / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (work / "recipe.yaml").write_text(yaml.safe_dump(recipe | {"schedule": {"max_steps": 1, "batch_size": 4096}}))
    code = (
        "import resource, sys; from harness.cli.main import run\n"
        f"resource.setrlimit(resource.RLIMIT_AS, ({limit}, {limit}))\n"
        "sys.exit(run(['train', 'recipe.yaml', '--quiet']))"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    made = subprocess.run(
        [sys.executable, "-c", code], cwd=work, env=environment, capture_output=True, text=True, timeout=300
    )
    last = made.stderr.strip().splitlines()[-1]
    assert made.returncode == 3, made.stderr
    assert "out of memory: about" in last and "GiB are needed" in last and "Traceback" not in made.stderr
    assert "would fit: {batch_size: " in last
    failed = status(work)
    assert failed["state"] == "failed" and "would fit" in failed["note"]


@pytest.mark.parametrize(("limit", "unsaved"), [(20_000, "weights"), (120_000, "optimizer")])
def test_a_full_disk_is_one_line_whichever_library_writes(work: Path, limit: int, unsaved: str) -> None:
    """The limit is real: the kernel refuses files any larger."""
    code = (
        "import resource, sys; from harness.cli.main import run\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
        "sys.exit(run(['train', 'recipe.yaml', '--quiet']))"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    made = subprocess.run(
        [sys.executable, "-c", code], cwd=work, env=environment, capture_output=True, text=True, timeout=300
    )
    assert made.returncode == 3, made.stderr
    assert "Traceback" not in made.stderr
    assert "out/test: cannot be saved (" in made.stderr and "free space or fix access" in made.stderr
    saved = {path.name for path in (work / "out/.test.partial/checkpoint-10").iterdir() if path.stat().st_size < limit}
    assert ("adapter_model.safetensors" in saved) == (unsaved == "optimizer")
    assert status(work)["state"] == "failed" and status(work)["checkpoint"] is None
