"""``harness doctor`` prints one JSON document, or tables that say the same."""

import json
from pathlib import Path

import pytest

from harness.cli.main import run


def test_json_says_engine_memory_and_whether_it_fits(base_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--json", "--base", str(base_folder), "--adapters", "2"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["auto"] in ("transformers", "vllm") and said["why"]
    assert said["sandbox"] in ("none", "seccomp+bwrap", "landlock+seccomp", "landlock+seccomp+bwrap")
    assert {need["dtype"] for need in said["memory_needed"]} == {"float32", "bfloat16", "nf4"}
    assert all(need["fits"] != "no" and need["adapters"] > 0 for need in said["memory_needed"])


def test_tables_name_the_engine_and_the_base(base_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--base", str(base_folder)]) == 0
    said = capsys.readouterr().out
    assert "engine auto" in said and "Memory for" in said and "bfloat16" in said


def test_a_missing_base_is_one_line_and_status_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--base", str(tmp_path / "absent")]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
