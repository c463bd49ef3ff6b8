"""``harness tasks new`` and ``import`` from the command line: what they write works, and nothing is overwritten."""

import json
from pathlib import Path

import pytest
import yaml

from harness.cli.main import run

KINDS = ["classification", "generation", "multiple_choice", "perplexity"]
FOREIGN = {
    "dataset_path": "json",
    "dataset_kwargs": {"data_files": {"test": "rows.jsonl"}},
    "test_split": "test",
    "doc_to_text": "{{q}}",
    "doc_to_target": "{{a}}",
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_pack_has_nothing_to_mend(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tasks", "new", "mine", "--kind", kind]) == 0
    assert "wrote mine; next: harness tasks check ./mine" in capsys.readouterr().out
    assert run(["tasks", "check", "./mine", "--model", "reference"]) == 0
    assert capsys.readouterr().out == "mine: nothing to mend\n"
    assert sorted(path.name for path in Path("mine").iterdir()) == ["README.md", "task.yaml", "test.jsonl"]


def test_a_new_pack_overwrites_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine").mkdir()
    Path("mine/task.yaml").write_text("task: old\n")
    assert run(["tasks", "new", "mine"]) == 2
    assert "mine: exists already" in capsys.readouterr().err
    assert Path("mine/task.yaml").read_text() == "task: old\n"
    assert [path.name for path in Path().iterdir()] == ["mine"]


@pytest.mark.parametrize("name", ["../up", "a b", "", "x\n", "a/b", ".hidden"])
def test_a_name_that_is_no_name_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tasks", "new", name]) == 2
    assert "cannot be a task's name" in capsys.readouterr().err
    assert not list(Path().iterdir())


def test_a_name_that_yaml_reads_as_something_else_stays_a_name() -> None:
    assert run(["tasks", "new", "on", "--out", "deep/down"]) == 0
    assert run(["tasks", "check", "./deep/down/on"]) == 0


def test_a_group_is_imported_and_what_has_no_equal_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rows.jsonl").write_text("".join(json.dumps({"q": f"Is it {n}?", "a": f"{n}"}) + "\n" for n in "abc"))
    Path("good.yaml").write_text(yaml.safe_dump({"task": "good", **FOREIGN}))
    Path("shots.yaml").write_text(
        yaml.safe_dump({"task": "shots", **FOREIGN, "num_fewshot": 2, "fewshot_split": "test"})
    )
    Path("group.yaml").write_text("group: both\ntask: [shots, good]\n")
    assert run(["tasks", "import", "group.yaml", "--out", "packs"]) == 2
    printed = capsys.readouterr()
    assert printed.out == "wrote packs/good\n"
    assert "task 'shots' cannot be written as a pack that is exactly the same: num_fewshot" in printed.err
    assert run(["tasks", "check", "./packs/good"]) == 0
    assert run(["tasks", "import", "good.yaml", "--out", "packs"]) == 2
    assert "packs/good: exists already" in capsys.readouterr().err
    assert run(["tasks", "import", "packs/good"]) == 2
    assert "is a task pack already" in capsys.readouterr().err


def test_foreign_tasks_are_listed_shown_and_checked(capsys: pytest.CaptureFixture[str]) -> None:
    Path("rows.jsonl").write_text('{"q": "One?", "a": "1"}\n{"q": "One?", "a": "1"}\n')
    Path("own.yaml").write_text(yaml.safe_dump({"task": "own", "tag": "mine", **FOREIGN}))
    assert run(["tasks", "list", "./own.yaml", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["tags"] == ["mine"]
    assert run(["tasks", "show", "./own.yaml", "-n", "1"]) == 0
    assert "One?" in capsys.readouterr().out
    assert run(["tasks", "check", "./own.yaml", "--model", "reference"]) == 2
    assert "duplicate: the same prompt and answer as own.yaml: json[test] row 1" in capsys.readouterr().out
