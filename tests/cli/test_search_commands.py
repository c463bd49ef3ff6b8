"""``harness tune`` and ``harness compare-methods`` as their users meet them: help, and one line for what is wrong."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.cli.main import run

RANGES = {"schedule.learning_rate": {"low": 1.0e-4, "high": 1.0e-2, "log": True}}


def recipe(folder: Path, **tune: Any) -> Path:
    (folder / "rows.jsonl").write_text('{"prompt": "one", "response": "two"}\n' * 4)
    section = {"ranges": RANGES, "tasks": ["support_queue"], "objective": "support_queue/accuracy"} | tune
    value = {"adapter": "a", "data": "rows.jsonl", "tune": section}
    (folder / "recipe.yaml").write_text(yaml.safe_dump(value))
    return folder / "recipe.yaml"


@pytest.mark.parametrize(
    ("tune", "line"),
    [
        ({"ranges": {"schedule.learning_rat": [0.1]}}, "no key 'schedule.learning_rat'; did you mean 'learning_rate'?"),
        ({"ranges": {"method.r": {"low": 8, "high": 4}}}, "empty range: low 8 is not below high 4"),
        ({"ranges": {"method.r": [0]}}, "the recipe does not take method.r: 0"),
        ({"objective": "support_queue/acuracy"}, "no metric 'acuracy'; did you mean 'accuracy'?"),
        ({"objective": "support"}, "no task 'support' in the suite"),
        ({"trails": 3}, "unknown key 'tune.trails'; did you mean 'trials'?"),
    ],
)
def test_a_section_that_is_wrong_is_one_line_and_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], tune: dict[str, Any], line: str
) -> None:
    assert run(["tune", str(recipe(tmp_path, **tune)), "--out", str(tmp_path / "out"), "--quiet"]) == 2
    said = capsys.readouterr().err
    assert line in said and said.count("\n") == 1 and said.startswith("error: ")
    assert not (tmp_path / "out").exists()


def test_methods_that_do_not_exist_are_one_line_and_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["compare-methods", str(recipe(tmp_path)), "--methods", "lora,lorra", "--quiet"]
    assert run(arguments) == 2
    assert capsys.readouterr().err == "error: method 'lorra': unknown method 'lorra'; did you mean 'lora'?\n"


@pytest.mark.parametrize("command", ["tune", "compare-methods"])
def test_help_says_what_the_command_does(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == 0
    assert "--quiet" in capsys.readouterr().out
