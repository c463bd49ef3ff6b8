"""What needs no model does not wait for torch, whose import takes seconds: a run folder is judged without it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import harness
from tests.packs import word_rows, write_pack, write_suite


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, make_adapter: Callable[..., Path]) -> Path:
    folder = tmp_path_factory.mktemp("suite")
    write_pack(folder, "words", word_rows(3), metrics=["exact_match", "bleu", "rougeL"])
    gate = [{"tasks": "words", "rule": "no_worse", "than": "base", "margin": 0.9}]
    suite = write_suite(folder, {"tuned": make_adapter("tuned")}, gate=gate)
    return harness.evaluate(suite, folder / "run").folder


def test_a_run_is_scored_compared_decided_and_reported_without_torch(run: Path) -> None:
    for command in ("score", "compare", "gate", "report"):
        code = (
            "import sys; from harness.cli.main import run; status = run(sys.argv[1:]);"
            "heavy = sorted({'torch', 'transformers', 'peft', 'datasets'} & set(sys.modules));"
            "sys.exit(f'status {status}, imported {heavy}' if heavy or status not in (0, 4) else 0)"
        )
        done = subprocess.run([sys.executable, "-c", code, command, str(run)], capture_output=True, text=True)
        assert done.returncode == 0, (command, done.stderr)
