"""Every format gives the same rows, every form is told from its columns, and what is no row is named."""

import gzip
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


@pytest.mark.parametrize(
    "suffix", [".jsonl", ".json", ".csv", ".tsv", ".parquet", ".jsonl.gz", ".json.gz", ".csv.gz", ".tsv.gz"]
)
def test_every_format_gives_the_same_rows(suffix: str, tmp_path: Path) -> None:
    path = write(tmp_path / f"rows{suffix.removesuffix('.gz')}")
    if suffix.endswith(".gz"):
        path = path.with_name(path.name + ".gz")
        path.write_bytes(gzip.compress(path.with_suffix("").read_bytes()))
    records, faults, forms = read_records([path])
    assert faults == []
    assert list(forms.values()) == ["prompt, response"]
    assert [record.raw for record in records] == ROWS
    lines = [2, 4, 6] if suffix[:4] in (".csv", ".tsv") else [1, 2, 3]
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
    from harness.training.rows.encode import RowEncoder
    from harness.training.rows.examples import read_file

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


GOOD = '{"prompt": "p", "response": "a"}\n'
DEEP = "[" * 10_000 + "]" * 10_000
#: Comparing each key with each other one would take minutes.
KEYS = ", ".join(f'"{i}": 0' for i in [*range(150_000), 149_999])


@pytest.mark.parametrize(("name", "content", "faults"), [
    ("long.jsonl", GOOD + '{"prompt": "' + "x" * (1 << 24) + '"}\n' + GOOD, ["bad_row:2 longer than"]),
    ("deep.jsonl", GOOD + f'{{"prompt": {DEEP}, "response": "a"}}\n', ["bad_row:2 not valid JSON"]),
    ("nested.jsonl", GOOD + f'{{"prompt": {DEEP[9_500:10_500]}, "response": "a"}}\n', ["unknown_role:2 "]),
    ("zero.jsonl", GOOD * 9 + '{"prompt": "\0", "response": "a"}\n', ["bad_row:10 not valid JSON"]),
    ("twice.jsonl", GOOD + '{"prompt": "p", "prompt": "q", "response": "a"}\n', ["bad_row:2 not valid JSON (the key"]),
    ("keys.jsonl", GOOD + f"{{{KEYS}}}\n", ["bad_row:2 not valid JSON (the key '149999' stands twice"]),
    ("nan.jsonl", GOOD + '{"prompt": NaN, "response": "a"}\n', ["missing_field:2 no prompt"]),
    ("number.jsonl", GOOD + f'{{"prompt": {"9" * 6000}, "response": "a"}}\n', ["bad_row:2 not valid JSON"]),
    ("lines.json", GOOD + '{"prompt": 7, "response": {}}\n', ["missing_field:2 response is an object"]),
    ("quote.csv", 'prompt,response\na,b\n"c,d\ne,f\n', ["bad_row:3 a quote is never closed"]),
    ("quotes.csv", 'prompt,response\n"a" b,c\nd,e\n', ["bad_row:2 not valid CSV"]),
    ("quotes.tsv", 'prompt\tresponse\n"a" b\tc "\n"d\te\n', []),
    ("inside.json", '{"version": 1, "data": [{"prompt": "p", "response": "a"}]}', []),
    ("long.json", '[{"prompt": "' + "x" * (1 << 24) + '", "response": "a"}]', []),
    ("bom.csv", "\ufeffprompt,response\r\na,b\r\n", []),
    ("list.jsonl", f"[{GOOD}, {GOOD}]", []),
    ("pretty.jsonl", f"\ufeff[\n {GOOD},\n [7]\n]", ["bad_row:2 a list instead"]),
    ("a_list.jsonl", f"[1, 2]\n{GOOD}", ["bad_row:1 a list instead"]),
    ("plain.jsonl", f'7\nnull\n"a"\n{GOOD}', [
        "bad_row:1 a number instead", "bad_row:2 null instead", "bad_row:3 a text instead",
    ]),
    ("labels.jsonl", '{"text": "a", "label": ["x"]}\n', ["missing_field:1 label is a list"]),
])  # fmt: skip
def test_hostile_lines_become_faults_with_their_line(
    name: str, content: str, faults: list[str], tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8", newline="")
    records, found, _ = read_records([tmp_path / name])
    assert records
    said = [f"{one.kind}{one.where.removeprefix(name)} {one.what}" for one in found]
    assert len(said) == len(faults) and all(map(str.startswith, said, faults)), said


@pytest.mark.parametrize(("name", "content", "says"), [
    ("long.jsonl", b'"' + b"x" * (1 << 24), "long.jsonl:1 is longer than"),
    ("utf16.csv", "prompt,response\na,b\n".encode("utf-16"), "not UTF-8"),
    ("utf16.jsonl", GOOD.encode("utf-16-le"), "not UTF-8"),
    ("semicolons.csv", b"prompt;response\na;b\n", "parted by semicolons"),
    ("returns.csv", b"prompt,response\ra,b\r", "carriage returns"),
    ("twice.csv", b"prompt,response,prompt\na,b,c\n", "column 'prompt' stands twice"),
    ("wide.csv", ",".join(map(str, range(200_000))).encode() + b"\na\n" * 9, "has 200,000 columns"),
    ("deep.json", DEEP.encode(), "not valid JSON"),
    ("empty.parquet", b"", "not a Parquet file"),
    ("empty.json", b" \n", "empty.json: holds no rows"),
    ("tabs.csv", b"prompt\tresponse\na\tb\n", "parted by tabs; let its name end in .tsv"),
    ("not.jsonl.gz", GOOD.encode(), "not.jsonl.gz: cannot be read (not a gzip file)"),
    ("cut.jsonl.gz", gzip.compress(GOOD.encode() * 999)[:-9], "cut.jsonl.gz: cannot be read (Compressed file ended"),
    ("torn.csv.gz", gzip.compress(GOOD.encode(), 0)[:12] + b"\xff" * 99, "torn.csv.gz: cannot be read (Error -3"),
    ("rows.xml.gz", b"", "unknown kind of data file '.xml'"),
])  # fmt: skip
def test_hostile_files_are_refused_in_one_line(name: str, content: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_records([tmp_path / name])
    assert says in str(caught.value) and len(str(caught.value)) < 600


def test_a_parquet_file_may_hold_turns_structures_bytes_and_no_rows(tmp_path: Path) -> None:
    pd.DataFrame({"messages": [[USER, ASSISTANT]]}).to_parquet(tmp_path / "turns.parquet")
    (record,), faults, _ = read_records([tmp_path / "turns.parquet"])
    assert (record.prompt, record.answer, faults) == ("p", "a", [])
    pd.DataFrame({"prompt": [{"a": {"b": 1}}, b"\xff"][:1], "response": ["x"]}).to_parquet(tmp_path / "deep.parquet")
    _, faults, _ = read_records([tmp_path / "deep.parquet"])
    assert [fault.what for fault in faults] == ["prompt is an object, not text"]
    pd.DataFrame({"prompt": [], "response": []}).to_parquet(tmp_path / "none.parquet")
    with pytest.raises(InputError, match="holds no rows"):
        read_records([tmp_path / "none.parquet"])


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=200) | st.lists(
        st.sampled_from(["prompt", "response", ",", '"', "\n", "\r", "\t", "{", "}", "[", "]", ":", "é", "\0", "1e9"]),
        max_size=40,
    ).map(lambda parts: "".join(parts).encode()),
    suffix=st.sampled_from([".jsonl", ".json", ".csv", ".tsv", ".parquet"]),
)  # fmt: skip
def test_any_bytes_are_read_or_refused_in_one_line(content: bytes, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"rows{suffix}"
    path.write_bytes(content)
    try:
        records, faults, _ = read_records([path])
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert records and all("\n" not in fault.where for fault in faults)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.fixed_dictionaries({"prompt": st.text("ab\",\n\r;é '"), "response": st.text("ab\",\n\r;é '")}), min_size=1
    )
)
def test_a_table_written_by_pandas_is_read_as_it_was(rows: list[dict[str, str]], tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    pd.DataFrame(rows).to_csv(path, index=False, quoting=1)
    read, faults, _ = read_records([path])
    assert [record.raw for record in read] == rows
    assert {fault.kind for fault in faults} <= {"empty_field"}
