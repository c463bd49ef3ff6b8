"""Whatever is wrong with a task is said in one line with its file and line."""

from pathlib import Path
from typing import Any

import pytest

from harness.records import InputError
from harness.tasks import PackTask, find_tasks
from tests.tasks.pack import DEFINITION, ROWS, make_task, write_pack

#: Changes of a sound task.yaml, and what the one line must say.
WRONG_DEFINITIONS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "unknown key": ({"promt": "x"}, ["task.yaml:12", "'promt'", "did you mean 'prompt'"]),
    "unknown key in a part": ({"generation": {"max_token": 3}}, ["task.yaml:13", "did you mean 'max_tokens'"]),
    "no prompt": ({"without": "prompt"}, ["task.yaml:1", "'prompt' is missing"]),
    "template that does not parse": ({"prompt": "a\n{{ text }"}, ["task.yaml:5", "bad template, its line 2"]),
    "template in a list": ({"target": None, "references": ["{% if %}"]}, ["task.yaml", "bad template, its line 1"]),
    "template in a map": ({"data": {"path": "test.jsonl", "map": {"text": "{{ "}}}, ["task.yaml:5", "bad template"]),
    "unknown output": ({"output": "generat"}, ["task.yaml:12", "'generate'"]),
    "unknown filter": ({"filters": ["stripp"]}, ["task.yaml:13", "did you mean 'strip'"]),
    "unknown key in a filter": ({"filters": [{"regex": "a", "grup": 1}]}, ["task.yaml:14", "mean 'group'"]),
    "bad regex": ({"filters": [{"regex": "(a"}]}, ["task.yaml:13", "not a regular expression"]),
    "group that is not there": ({"filters": [{"regex": "a", "group": 1}]}, ["task.yaml:13", "no group 1"]),
    "unquoted yes and no": ({"labels": [True, False]}, ["task.yaml", "labels.0", "text"]),
    "label twice": ({"labels": ["a", "a"]}, ["a label stands twice"]),
    "two sources": ({"data": {"path": "a.jsonl", "hub": "a/b"}}, ["task.yaml:3", "either 'path'"]),
    "no source": ({"data": {}}, ["task.yaml:3", "either 'path'"]),
    "path upwards": ({"data": {"path": "../a.jsonl"}}, ["task.yaml:4", "without '..'"]),
    "absolute path": ({"data": {"path": "/etc/passwd"}}, ["task.yaml:4", "without '..'"]),
    "split upwards": ({"data": {"hub": "a/b", "split": "../x"}}, ["task.yaml:5", "data.split"]),
    "hub id upwards": ({"data": {"hub": "../.."}}, ["task.yaml:4", "data.hub"]),
    "choices without their output": ({"choices": ["a", "b"]}, ["multiple_choice"]),
    "few-shot without data": ({"fewshot": {"count": 2}}, ["data.fewshot"]),
    "perplexity as chat": ({"output": "perplexity", "format": "chat"}, ["perplexity"]),
    "no metrics": ({"metrics": []}, ["metrics"]),
    "empty stop": ({"generation": {"stop": [""]}}, ["empty stop"]),
    "bad name": ({"task": "../mood"}, ["task.yaml:1", "'task'"]),
}

#: Rows of data, changes of the definition, and what the one line must say.
WRONG_DATA: dict[str, tuple[list[dict[str, Any]], dict[str, Any], list[str]]] = {
    "missing field": ([*ROWS, {"label": "good"}], {}, ["test.jsonl:5", "'text' is undefined", "its fields: label"]),
    "empty": ([], {}, ["test.jsonl", "holds no rows"]),
    "all left out": (ROWS, {"data": {"path": "test.jsonl", "where": "{{ False }}"}}, ["holds no rows"]),
    "no file": (ROWS, {"data": {"path": "tst.jsonl"}}, ["tst.jsonl", "no such data file"]),
    "unknown label": ([*ROWS, {"text": "x", "label": "goood"}], {}, ["test.jsonl:5", "'goood'", "mean 'good'"]),
    "unknown format": (ROWS, {"data": {"path": "task.yaml"}}, ["task.yaml", "data.format"]),
    "missing column": (
        ROWS,
        {"data": {"path": "test.jsonl", "map": {"text": "txt"}}},
        ["test.jsonl:1", "no column 'txt'", "mean 'text'"],
    ),
    "target that is no choice": (
        ROWS,
        {"output": "multiple_choice", "choices": ["good", "so-so"]},
        ["test.jsonl:2", "'bad' is none of the choices"],
    ),
    "choices that are no list": (
        ROWS,
        {"output": "multiple_choice", "choices": "{{ label }}"},
        ["test.jsonl:1", "gives no list"],
    ),
    "endless loop": (
        ROWS,
        {"prompt": "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}"},
        ["test.jsonl:1", "more than 100000 steps"],
    ),
    "endless recursion": (
        ROWS,
        {"prompt": "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}"},
        ["test.jsonl:1", "recursion"],
    ),
    "memory bomb": (ROWS, {"prompt": "{{ 'a' * 10 ** 10 }}"}, ["test.jsonl:1", "more than 100000 items"]),
    "way out of the sandbox": (ROWS, {"prompt": "{{ text.__class__.__mro__ }}"}, ["test.jsonl:1", "unsafe"]),
    "too few examples": (
        ROWS,
        {"data": {"path": "test.jsonl", "fewshot": "test.jsonl"}, "fewshot": {"count": 5}},
        ["test.jsonl:1", "4 different few-shot examples, 5 wanted"],
    ),
}


def the_line(error: pytest.ExceptionInfo[InputError]) -> str:
    line = str(error.value)
    assert "\n" not in line
    return line


@pytest.mark.parametrize("case", WRONG_DEFINITIONS)
def test_a_wrong_task_file_is_explained_with_its_line(tmp_path: Path, case: str) -> None:
    changes, said = WRONG_DEFINITIONS[case]
    path = write_pack(tmp_path, **{"without": "", **changes})
    with pytest.raises(InputError) as error:
        PackTask.read(path)
    line = the_line(error)
    for words in said:
        assert words in line


@pytest.mark.parametrize("case", WRONG_DATA)
def test_wrong_data_is_explained_with_its_line(tmp_path: Path, case: str) -> None:
    rows, changes, said = WRONG_DATA[case]
    task = make_task(tmp_path, rows, **changes)
    with pytest.raises(InputError) as error:
        task.samples()
    line = the_line(error)
    for words in said:
        assert words in line


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.jsonl", '{"text": "x", "label": "good"}\n{"text": \n', ["a.jsonl:2", "not valid JSON"]),
        ("a.jsonl", '["good"]\n', ["a.jsonl:1", "object with named fields"]),
        ("a.json", '{"a": 1}', ["a.json", "neither a list of rows"]),
        ("a.csv", 'text,label\n"two\nlines",good\nshort\n', ["a.csv:4", "1 columns, not 2", "'label'"]),
        ("a.parquet", "no parquet", ["a.parquet", "not a Parquet file"]),
    ],
)
def test_a_malformed_data_file_is_explained_with_its_line(
    tmp_path: Path, name: str, text: str, said: list[str]
) -> None:
    task = make_task(tmp_path, data={"path": name})
    (task.path.parent / name).write_text(text)
    with pytest.raises(InputError) as error:
        task.samples()
    line = the_line(error)
    for words in said:
        assert words in line


def test_a_wrong_encoding_is_explained(tmp_path: Path) -> None:
    task = make_task(tmp_path, data={"path": "a.csv"})
    (task.path.parent / "a.csv").write_bytes("text,label\nschön,good\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"a\.csv: cannot be read .* check data\.encoding"):
        task.samples()


def test_a_link_out_of_the_pack_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "secret.jsonl"
    outside.write_text('{"text": "secret", "label": "good"}\n')
    task = make_task(tmp_path, data={"path": "link.jsonl"})
    (task.path.parent / "link.jsonl").symlink_to(outside)
    with pytest.raises(InputError, match="leads out of the folder"):
        task.samples()


def test_two_metrics_of_one_name_are_refused(tmp_path: Path) -> None:
    task = make_task(tmp_path, metrics=["f1", {"name": "f1", "average": "micro"}])
    with pytest.raises(InputError, match="metrics: metric 'f1' stands 2 times; figures are told apart by name"):
        _ = task.metrics


def test_unknown_metrics_name_the_task_and_the_nearest(tmp_path: Path) -> None:
    task = make_task(tmp_path, metrics=["acuracy"])
    with pytest.raises(InputError, match=r"task\.yaml metrics: unknown metric 'acuracy'; did you mean 'accuracy'"):
        _ = task.metrics


def test_unreachable_hub_data_is_one_line_that_names_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    task = make_task(tmp_path, data={"hub": "nobody/has-this-set", "revision": "abc"})
    with pytest.raises(InputError) as error:
        task.samples()
    assert "HARNESS_DATA" in the_line(error)
    assert "nobody/has-this-set/test.jsonl" in the_line(error)


@pytest.mark.parametrize(
    ("selector", "said"),
    [
        ("humanevall", "did you mean 'humaneval'"),
        ("tag:classificaton", "did you mean 'classification'"),
        ("zzz_*", "unknown task 'zzz_*'"),
        ("./nothing", "no task.yaml here"),
        ("mine", "write ./mine"),
    ],
)
def test_an_unknown_selector_offers_the_nearest(tmp_path: Path, selector: str, said: str) -> None:
    write_pack(tmp_path, name="mine")
    with pytest.raises(InputError) as error:
        find_tasks([selector], folder=tmp_path)
    assert said in the_line(error)


def test_two_tasks_of_one_name_are_refused(tmp_path: Path) -> None:
    write_pack(tmp_path / "a")
    write_pack(tmp_path / "b")
    with pytest.raises(InputError, match="two tasks are named 'mood'"):
        find_tasks(["./a/mood", "./b/mood"], folder=tmp_path)


def test_the_sound_definition_is_sound(tmp_path: Path) -> None:
    task = make_task(tmp_path)
    assert [sample.target for sample in task.samples()] == ["good", "bad", "good", "bad"]
    assert set(DEFINITION) <= set(task.definition.model_dump())
