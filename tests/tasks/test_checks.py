"""`harness tasks` shows what a model will see and finds what would spoil a measurement, with file and line."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.cli.main import run
from harness.tasks import Problem, Task, check_task
from tests.tasks.pack import ROWS, make_task, write_pack, write_rows

LONG = "one two three four five six seven eight nine"


def found(task: Task, kind: str) -> list[Problem]:
    return [problem for problem in check_task(task) if problem.kind == kind]


def test_a_sound_task_has_no_problem(tmp_path: Path) -> None:
    assert check_task(make_task(tmp_path)) == []


def test_every_wrong_row_is_found_not_only_the_first(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [*ROWS, {"label": "good"}, {"text": "x", "label": "ugly"}]
    first, second = found(make_task(tmp_path, rows), "row")
    assert (first.where[-2:], second.where[-2:]) == (":5", ":6")
    assert "'text' is undefined" in first.what
    assert "'ugly'" in second.what


def test_duplicates_and_contradictions_are_told_apart(tmp_path: Path) -> None:
    task = make_task(tmp_path, [*ROWS, ROWS[1], {**ROWS[0], "label": "bad"}])
    (duplicate,) = found(task, "duplicate")
    (contradiction,) = found(task, "contradiction")
    assert duplicate.where.endswith(":5") and duplicate.what.endswith(":2")
    assert contradiction.where.endswith(":6") and ":1," in contradiction.what


def test_a_prompt_that_shows_its_target_is_a_leak(tmp_path: Path) -> None:
    task = make_task(tmp_path, prompt="{{ text }} ({{ label }})", labels=[])
    assert [problem.where[-2:] for problem in found(task, "leak")] == [":1", ":2", ":3", ":4"]


def test_a_long_target_that_stands_in_the_prompt_is_a_leak_and_a_short_one_is_not(tmp_path: Path) -> None:
    rows = [{"text": f"Well, {LONG}.", "label": LONG}, {"text": "yes or no", "label": "yes"}]
    (leak,) = found(make_task(tmp_path, rows, labels=[]), "leak")
    assert leak.where.endswith(":1")


def test_prompts_that_name_their_right_label_leak_and_prompts_that_name_all_do_not(tmp_path: Path) -> None:
    rows = [{**row, "text": f"[{row['label']}] {row['text']}"} for row in ROWS]
    assert len(found(make_task(tmp_path / "a", rows), "leak")) == 1
    assert found(make_task(tmp_path / "b", prompt="good or bad? {{ text }}"), "leak") == []


def test_a_label_that_never_occurs_is_found(tmp_path: Path) -> None:
    (problem,) = found(make_task(tmp_path, labels=["good", "bad", "mixed"]), "label")
    assert "'mixed'" in problem.what


def test_questions_that_also_stand_in_the_few_shot_data_are_found(tmp_path: Path) -> None:
    task = make_task(tmp_path, data={"path": "test.jsonl", "fewshot": "train.jsonl"}, fewshot={"count": 1})
    write_rows(task.path.parent / "train.jsonl", [{"text": "new", "label": "good"}, ROWS[2]])
    (problem,) = found(task, "overlap")
    assert problem.where.endswith("test.jsonl:3") and problem.what.endswith("train.jsonl:2")


def test_unpinned_hub_data_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    (tmp_path / "org" / "set").mkdir(parents=True)
    write_rows(tmp_path / "org" / "set" / "test.jsonl", ROWS)
    assert len(found(make_task(tmp_path, data={"hub": "org/set"}), "pin")) == 1


def test_prompts_over_the_context_are_found(tmp_path: Path) -> None:
    task = make_task(tmp_path, [*ROWS, {"text": "word " * 50, "label": "bad"}], generation={"max_tokens": 10})
    problems = check_task(task, lambda prompt: str(prompt).split(), 40)
    assert [(problem.kind, problem.where[-2:]) for problem in problems] == [("length", ":5")]
    assert check_task(task, lambda prompt: str(prompt).split(), 63) == []


def test_the_command_exits_2_with_findings_and_0_without(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sound = write_pack(tmp_path, name="sound").parent
    spoiled = write_pack(tmp_path, [*ROWS, ROWS[0]], name="spoiled").parent
    assert run(["tasks", "check", str(sound)]) == 0
    assert "nothing to mend" in capsys.readouterr().out
    assert run(["tasks", "check", str(sound), str(spoiled)]) == 2
    assert f"{spoiled / 'test.jsonl'}:5: duplicate: " in capsys.readouterr().out
    assert run(["tasks", "check", "--json", str(spoiled)]) == 2
    assert json.loads(capsys.readouterr().out)["spoiled"][0]["kind"] == "duplicate"


def test_a_broken_template_is_one_line_with_status_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_pack(tmp_path, prompt="{{ text")
    assert run(["tasks", "check", str(path)]) == 2
    assert capsys.readouterr().err.startswith(f"error: {path}:5: 'prompt': bad template, its line 1")


def test_show_prints_real_prompts_with_their_targets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_pack(tmp_path, [{"text": "odd \x1b[31m text", "label": "good"}])
    assert run(["tasks", "show", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "How is this: odd \\x1b[31m text\n=> good" in shown
    assert run(["tasks", "show", "--json", str(path)]) == 0
    assert json.loads(capsys.readouterr().out)["samples"][0]["references"] == ["good"]


def test_show_counts_tokens_of_a_real_model(tmp_path: Path, shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from transformers import AutoTokenizer

    folder = str(shared / "models" / "tinystories-260k")
    path = write_pack(tmp_path, ROWS[:1])
    assert run(["tasks", "show", "--json", "--model", folder, str(path)]) == 0
    (sample,) = json.loads(capsys.readouterr().out)["samples"]
    assert sample["tokens"] == len(AutoTokenizer.from_pretrained(folder)("How is this: I love it")["input_ids"])


def test_list_names_every_task(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tasks", "list", "--json"]) == 0
    rows = {row["task"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["gsm8k"]["output"] == "generate"
    assert rows["gsm8k"]["samples"] is None
    assert run(["tasks", "list", "tag:public"]) == 0
    assert "wikitext2" in capsys.readouterr().out
