"""Data files give back what was written, with the right lines; hub data is found in local mirrors."""

import csv
import json
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.records import InputError
from harness.tasks.border import continuation, prompt_end
from harness.tasks.definition import DataSource, FileOptions
from harness.tasks.files import Row, read_rows
from harness.tasks.prompts import question
from harness.tasks.sources import load_rows
from harness.tasks.templates import render, render_list
from tests.tasks.pack import DEFINITION, make_task

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
ROWS = st.lists(st.fixed_dictionaries({"text": TEXT, "label": TEXT}), min_size=1, max_size=8)
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def values(rows: list[Row]) -> list[dict]:
    return [row.values for row in rows]


@quick
@given(rows=ROWS, as_ascii=st.booleans())
def test_json_files_round_trip(tmp_path: Path, rows: list[dict], as_ascii: bool) -> None:
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps(row, ensure_ascii=as_ascii) for row in rows), "utf-8")
    (tmp_path / "a.json").write_text(json.dumps({"version": 1, "data": rows}, ensure_ascii=as_ascii), "utf-8")
    for name in ("a.jsonl", "a.json"):
        assert values(read_rows([tmp_path / name], FileOptions())) == rows


@quick
@given(rows=ROWS)
def test_csv_files_round_trip(tmp_path: Path, rows: list[dict]) -> None:
    with (tmp_path / "a.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, ["text", "label"], quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)
    assert values(read_rows([tmp_path / "a.csv"], FileOptions())) == rows


@quick
@given(rows=ROWS)
def test_parquet_files_round_trip(tmp_path: Path, rows: list[dict]) -> None:
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "a.parquet")
    assert values(read_rows([tmp_path / "a.parquet"], FileOptions())) == rows


def test_the_lines_of_a_csv_file_are_those_of_an_editor(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('text,label\n"one\ntwo",a\nthree,b\n')
    assert [row.where.rsplit(":", 1)[1] for row in read_rows([tmp_path / "a.csv"], FileOptions())] == ["2", "4"]


def test_quotes_in_tab_separated_files_are_text(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text('ham\t"so he said\nspam\tfree\n')
    rows = read_rows([tmp_path / "a.tsv"], FileOptions(columns=["label", "text"]))
    assert values(rows) == [{"label": "ham", "text": '"so he said'}, {"label": "spam", "text": "free"}]


def test_a_map_renames_computes_and_keeps_types(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"q": "Why?", "o": {"B": "2", "A": "1"}, "n": 3, "x y": 4}')
    fields = {"question": "q", "letters": "{{ o | list | sort }}", "m": "{{ n + 1 }}", "z": "{{ row['x y'] }}!"}
    (row,) = read_rows([tmp_path / "a.jsonl"], FileOptions(map=fields))
    assert row.values == {"question": "Why?", "letters": ["A", "B"], "m": 4, "z": "4!"}


def test_where_leaves_rows_out(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\n\ntwo three\n", "latin-1")
    rows = read_rows([tmp_path / "a.txt"], FileOptions(where="{{ ' ' in text }}", encoding="latin-1"))
    assert [(row.values["text"], row.where[-2:]) for row in rows] == [("two three", ":3")]


@quick
@given(text=TEXT, other=TEXT)
def test_any_text_comes_through_a_template_unchanged(text: str, other: str) -> None:
    row = {"text": text, "other": [other, text]}
    assert render("{{ text }}|{{ other[0] }}", row, where="row") == f"{text}|{other}"
    assert render_list("{{ other }}", row, where="row") == [other, text]


@quick
@given(text=TEXT)
def test_templates_in_the_data_are_not_rendered(tmp_path: Path, text: str) -> None:
    task = make_task(tmp_path, prompt="{{ text }}", format="chat")
    hostile = text + "{{ 1 + 1 }}{% for a in b %}"
    assert question(task.definition, Row({"text": hostile}, "row")) == hostile


@quick
@given(prompt=TEXT, text=TEXT)
def test_the_border_is_one_space_or_the_white_space_already_there(prompt: str, text: str) -> None:
    prompt = prompt_end(prompt)
    joined = prompt + continuation(prompt, text)
    assert not prompt.endswith(" ")
    assert joined.replace(" ", "") == (prompt + text).replace(" ", "")
    assert len(joined) - len(prompt) - len(text) in (0, 1)
    if prompt and text and not prompt[-1].isspace():
        assert joined[len(prompt)].isspace()


@pytest.mark.parametrize(
    "place",
    [
        "org/name/test.jsonl",
        "name/test.jsonl",
        "org/name/main/test.jsonl",
        "org/name/data/test.jsonl",
        "org/name/main/test-00000-of-00001.parquet",
    ],
)
def test_hub_data_is_found_in_a_folder_of_mirrors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    file = tmp_path / place
    file.parent.mkdir(parents=True)
    if place.endswith("parquet"):
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist([{"text": "x"}]), file)
    else:
        file.write_text('{"text": "x"}\n')
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    assert values(load_rows(DataSource(hub="org/name", config="main"), tmp_path)) == [{"text": "x"}]


def test_shards_are_read_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "org" / "name").mkdir(parents=True)
    for shard in range(3):
        table = pyarrow.Table.from_pylist([{"n": shard}])
        pyarrow.parquet.write_table(table, tmp_path / "org" / "name" / f"train-{shard:05}-of-00003.parquet")
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    rows = load_rows(DataSource(hub="org/name", split="train"), tmp_path)
    assert values(rows) == [{"n": 0}, {"n": 1}, {"n": 2}]
    (tmp_path / "org" / "name" / "train-00001-of-00003.parquet").unlink()
    with pytest.raises(InputError, match="holds 2 of 3 shards"):
        load_rows(DataSource(hub="org/name", split="train"), tmp_path)


def test_the_sound_pack_needs_no_mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "nowhere"))
    assert len(make_task(tmp_path).samples()) == 4
    assert DEFINITION["data"] == {"path": "test.jsonl"}


def test_a_data_set_that_is_nowhere_is_said_with_its_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "nowhere"))
    task = make_task(tmp_path, data={"hub": "nobody/nothing", "revision": "0" * 40})
    with pytest.raises(InputError, match=rf"^task {task.name}: nobody/nothing\[test\].*; or leave the task out"):
        task.samples()
