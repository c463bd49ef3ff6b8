"""The command line answers at once, and every command has help."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness import __version__
from harness.cli.main import COMMANDS, run


def test_help_imports_no_heavy_library() -> None:
    """What makes help answer in under half a second; the time itself is printed, not asserted."""
    code = (
        "import sys; from harness.cli.main import run; run(['--help']);"
        "heavy = {'torch', 'transformers', 'peft', 'pandas', 'numpy', 'scipy', 'pydantic', 'rich'} & set(sys.modules);"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    print(f"help took {time.perf_counter() - start:.2f} s")
    assert done.returncode == 0, done.stderr
    assert all(name in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there_and_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    assert "--help" in capsys.readouterr().out


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"harness {__version__}\n"


def in_a_process(command: str) -> subprocess.CompletedProcess[str]:
    """A command line of bash; its status is the first command's."""
    line = f"set -o pipefail; {sys.executable} -m harness {command}"
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("command", ["tasks list --json | true", "--help | true", "tasks list >&-", "tasks list 2>&-"])
def test_a_reader_who_leaves_does_not_change_the_exit_status(command: str) -> None:
    done = in_a_process(command)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("errors", ["2>&1 | true", "2>/dev/full", ">/dev/full 2>&1"])
def test_wrong_input_is_no_failed_rule_though_nobody_reads_the_error(errors: str) -> None:
    for command in ("runn", "run nowhere.yaml"):
        assert in_a_process(f"{command} {errors}").returncode == 2


def test_an_interrupted_command_says_how_to_go_on(tmp_path: Path) -> None:
    waits = tmp_path / "suite.yaml"
    os.mkfifo(waits)
    command = [sys.executable, "-m", "harness", "run", str(waits)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with waits.open("w"):  # opened when the command opens it
        # Python sees a signal that comes just before a call of the system only when the call is over.
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 3 and said.strip() == "error: interrupted; run the same command again to go on"


def test_output_that_cannot_be_written_is_one_line_and_no_verdict() -> None:
    for command in ("tasks list --json", "--version"):
        done = in_a_process(f"{command} > /dev/full")
        assert done.returncode == 3 and done.stderr.startswith("error: output: cannot be written (No space left")
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", [["run"], ["tasks"], ["tasks", "list"]])
def test_both_forms_of_help_are_taken_after_a_command(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*command, "-h"]) == 0 and "Usage: harness" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["demo", "--out", __file__], "is a file, not a folder"),
        (["demo", "--seed", "-1"], "--seed"),
        (["train", "recipe.yaml", "--seed", "-1"], "--seed"),
        (["doctor", "--adapter", "nowhere"], "add --base"),
        (["compare", "runs", "--candidate", "x"], "nothing to be compared with"),
        (["adapters", "list", "--registry", __file__], "is a file, not a registry's folder"),
        (["adapters", "register", "nowhere", "--name", "a/b", "--registry", "reg"], "did you mean 'a-b'?"),
        (["serve", "--base", "reference", "--port", "0", "--adapter", "x="], "nothing stands behind 'x='"),
    ],
)
def test_what_used_to_be_a_traceback_or_passed_over_is_wrong_input(
    command: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(command) == 2
    assert says in capsys.readouterr().err
