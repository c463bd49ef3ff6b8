"""The command line answers at once, and every command has help."""

import subprocess
import sys
import time

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
