"""Every format gives the same rows, every form is told from its columns, and what is no row is named."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.records import InputError
from harness.reports.data_quality import quality_page
from harness.training.data import check_files
from harness.training.data.check import read_records
from harness.training.data.lengths import tokens

ROWS = [{"prompt": f'Line "{i}", is it\nlong? \u2028 é', "response": f"{i}, yes"} for i in range(3)]


def write(path: Path) -> Path:
    frame = pd.DataFrame(ROWS)
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\r\n" for row in ROWS), encoding="utf-8-sig")
    elif path.suffix == ".json":
        path.write_text(json.dumps(ROWS, indent=2), encoding="utf-8")
    elif path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, sep="\t" if path.suffix == ".tsv" else ",")
    return path


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".csv", ".tsv", ".parquet"])
def test_every_format_gives_the_same_rows(suffix: str, tmp_path: Path) -> None:
    records, faults, forms = read_records([write(tmp_path / f"rows{suffix}")])
    assert faults == []
    assert list(forms.values()) == ["prompt, response"]
    assert [record.raw for record in records] == ROWS
    lines = [2, 4, 6] if suffix in (".csv", ".tsv") else [1, 2, 3]
    assert [record.where for record in records] == [f"rows{suffix}:{line}" for line in lines]


HUMAN, GPT = {"from": "human", "value": "p"}, {"from": "gpt", "value": "a"}
USER, ASSISTANT = {"role": "user", "content": "p"}, {"role": "assistant", "content": "a"}


@pytest.mark.parametrize(("form", "row"), [
    ("prompt, response", {"prompt": "p", "response": "a"}),
    ("prompt, completion", {"prompt": "p", "completion": "a"}),
    ("prompt, completion", {"prompt": [USER], "completion": [ASSISTANT]}),
    ("instruction, input, output", {"instruction": "p", "input": "", "output": "a"}),
    ("instruction, input, output", {"instruction": "p", "output": "a"}),
    ("messages", {"messages": [USER, ASSISTANT]}),
    ("conversations", {"conversations": [HUMAN, GPT]}),
    ("question, answer", {"question": "p", "answer": "a", "level": 3}),
    ("text, label", {"text": "p", "label": "a"}),
    ("prompt, chosen, rejected", {"prompt": "p", "chosen": "a", "rejected": "b"}),
    ("conversations, chosen, rejected", {"conversations": [HUMAN], "chosen": GPT, "rejected": GPT | {"value": "b"}}),
    ("chosen, rejected", {"chosen": [USER, ASSISTANT], "rejected": [USER, ASSISTANT | {"content": "b"}]}),
])  # fmt: skip
def test_every_form_is_told_and_read(form: str, row: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(json.dumps(row))
    (record,), faults, forms = read_records([tmp_path / "rows.jsonl"])
    assert list(forms.values()) == [form]
    assert faults == []
    assert (record.prompt, record.answer) == ("p", "a")


def test_lines_that_are_no_rows_and_torn_rows_of_a_table_are_named(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"text": "a", "label": 1}\n\n{"text": \n7\n{"text": "b", "label": 0}\n')
    records, faults, _ = read_records([tmp_path / "rows.jsonl"])
    assert [fault.where for fault in faults] == ["rows.jsonl:3", "rows.jsonl:4"]
    assert [record.label for record in records] == ["1", "0"]
    (tmp_path / "rows.csv").write_text("text,label\na,x\nb,x,y\nc\n")
    records, faults, _ = read_records([tmp_path / "rows.csv"])
    assert [(fault.kind, fault.where) for fault in faults] == [
        ("bad_row", "rows.csv:3"),
        ("missing_field", "rows.csv:4"),
    ]


def test_tokens_are_those_that_training_encodes(tmp_path: Path) -> None:
    from harness.engines.encoding import Encoder
    from harness.records import reference_model
    from harness.training.encode import RowEncoder
    from harness.training.examples import read_file

    encoder = Encoder.load(reference_model())
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps({"prompt": f"What is {i}?", "response": "A number."}) + "\n" for i in range(5)))
    coder = RowEncoder(encoder, chat=encoder.renders_chat)
    trained = [sum(len(row.ids) for row in coder.rows(example)) for example in read_file(path).examples]
    counted = tokens(read_records([path])[0], encoder)
    assert all(0 <= b - a <= 1 for a, b in zip(trained, counted, strict=True))  # a line end may follow the last turn


def test_rows_that_a_chat_template_refuses_are_counted_all_the_same(tmp_path: Path) -> None:
    from harness.engines.encoding import Encoder
    from harness.records import reference_model

    encoder = Encoder.load(reference_model())
    encoder.tokenizer.chat_template = "{{ raise_exception('Conversation roles must alternate') }}"
    encoder.renders_chat = True
    (tmp_path / "rows.jsonl").write_text('{"messages": [{"role": "assistant", "content": "Well, \\ud800 hello."}]}')
    assert tokens(read_records([tmp_path / "rows.jsonl"])[0], encoder)[0] > 2


TEXT = st.text(st.characters(exclude_categories=()), max_size=60)  # half surrogate pairs too
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["role", "content", "x"]), inner),
    max_leaves=6,
)
TURNS = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant", "tool"]), "content": TEXT | JSON}), max_size=4
)
FORMS = [("prompt", "response"), ("text", "label"), ("prompt", "chosen", "rejected"), ("messages",)]
ANY_ROWS = st.sampled_from(FORMS).flatmap(
    lambda columns: st.lists(
        st.fixed_dictionaries({name: TURNS if name == "messages" else TEXT | JSON for name in columns}) | JSON,
        max_size=6,
    )
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ANY_ROWS)
def test_any_json_is_checked_or_refused_in_one_line(rows: list[Any], tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    try:
        quality = check_files([path])
    except InputError as error:
        assert "\n" not in str(error)
    else:
        json.dumps(quality.to_json(), ensure_ascii=False).encode()
        quality_page(quality).encode()
