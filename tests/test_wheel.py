"""What `pip install` brings: a command that works from any folder, with tasks, recipes, templates and the model."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--wheel-dir", str(folder), str(REPOSITORY)]
    subprocess.run(command, check=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder), str(wheel)]
    subprocess.run(command, check=True)
    return folder


def harness(installed: Path, elsewhere: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-m", "harness", *arguments]
    return subprocess.run(command, cwd=elsewhere, env=environment, capture_output=True, text=True, check=False)


def test_the_wheel_carries_content_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in (
        "harness/content/tasks/sentiment/task.yaml",
        "harness/content/tasks/sentiment/test.jsonl",
        "harness/content/adapters/careful.yaml",
        "harness/content/reports/report.html.j2",
        "harness/content/reference/model/model.safetensors",
        "harness/content/reference/demo.yaml",
    ):
        assert wanted in names
    assert not [name for name in names if name.startswith("tests/")]


def test_the_installed_command_works_from_another_folder(installed: Path, tmp_path: Path) -> None:
    where = "import harness; print(harness.__file__)"
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-c", where]
    found = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout
    assert str(installed) in found
    assert "sentiment" in harness(installed, tmp_path, "tasks", "list").stdout
    assert harness(installed, tmp_path, "init", "first.yaml").returncode == 0
    suite = (tmp_path / "first.yaml").read_text().replace("limit: 200", "limit: 4")
    (tmp_path / "first.yaml").write_text(suite[: suite.index("gate:")])
    done = harness(installed, tmp_path, "run", "first.yaml", "--quiet")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "runs" / "first" / "report.html").is_file()
