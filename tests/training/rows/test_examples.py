"""Rows of each known form become the same conversation; bad rows are named by file and line."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from harness.records import InputError, Message
from harness.training.rows.examples import PreferenceExample, read_file, read_preferences

ASKED = (Message("user", "Is it safe?"), Message("assistant", "Ask a doctor."))


def write(folder: Path, *rows: Any) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("".join(row if isinstance(row, str) else json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize(
    ("row", "form"),
    [
        ({"prompt": "Is it safe?", "response": "Ask a doctor."}, "prompt, response"),
        ({"prompt": "Is it safe?", "completion": "Ask a doctor."}, "prompt, completion"),
        ({"instruction": "Is it safe?", "input": "", "output": "Ask a doctor."}, "instruction, input, output"),
        ({"instruction": "Is it safe?", "output": "Ask a doctor."}, "instruction, input, output"),
        ({"question": "Is it safe?", "answer": "Ask a doctor."}, "question, answer"),
        ({"text": "Is it safe?", "label": "Ask a doctor."}, "text, label"),
        (
            {
                "messages": [
                    {"role": "user", "content": "Is it safe?"},
                    {"role": "assistant", "content": "Ask a doctor."},
                ]
            },
            "messages",
        ),
        (
            {
                "prompt": [{"role": "user", "content": "Is it safe?"}],
                "completion": [{"role": "assistant", "content": "Ask a doctor."}],
            },
            "prompt, completion",
        ),
    ],
)
def test_each_form_is_detected_and_gives_the_same_conversation(tmp_path: Path, row: Any, form: str) -> None:
    read = read_file(write(tmp_path, row))
    assert read.form == form
    assert read.examples[0].turns == ASKED
    assert read.examples[0].where == "rows.jsonl:1"


def test_an_input_follows_its_instruction(tmp_path: Path) -> None:
    read = read_file(write(tmp_path, {"instruction": "Translate.", "input": "Hallo", "output": "Hello"}))
    assert read.examples[0].turns[0].content == "Translate.\n\nHallo"


def test_csv_tsv_parquet_and_json_give_the_same_rows_as_jsonl(tmp_path: Path) -> None:
    rows = [{"prompt": f"question {i}, in words", "response": f'answer "{i}"\nsecond line'} for i in range(5)]
    frame = pd.DataFrame(rows)
    frame.to_csv(tmp_path / "rows.csv", index=False)
    frame.to_csv(tmp_path / "rows.tsv", index=False, sep="\t")
    frame.to_parquet(tmp_path / "rows.parquet")
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    expected = [example.turns for example in read_file(write(tmp_path, *rows)).examples]
    for name in ("rows.csv", "rows.tsv", "rows.parquet", "rows.json"):
        assert [example.turns for example in read_file(tmp_path / name).examples] == expected, name


def test_a_numeric_label_is_taken_as_its_text(tmp_path: Path) -> None:
    assert read_file(write(tmp_path, {"text": "spam!", "label": 1})).examples[0].turns[1].content == "1"


GOOD = {"prompt": "a", "response": "b"}


@pytest.mark.parametrize(
    ("rows", "line", "says"),
    [
        ((GOOD, {"prompt": "a"}), 2, "line 2 (no response)"),
        ((GOOD, GOOD, {"prompt": "a", "response": "  "}), 3, "line 3 (response is empty)"),
        ((GOOD, {"prompt": None, "response": "b"}), 2, "line 2 (no prompt)"),
        ((GOOD, "\n", [1]), 3, "line 3 (a list instead of an object)"),
        ((GOOD, "{broken\n"), 2, "not valid JSON"),
        (({"messages": [{"role": "user", "content": "a"}]},), 1, "no assistant turn"),
        (({"messages": [{"role": "assistant", "content": "a"}]},), 1, "nothing comes before the answer"),
        (({"messages": [{"role": "robot", "content": "a"}]},), 1, "role 'robot'"),
        (({"messages": "a"},), 1, "not a list of {role, content}"),
        (({"question": "a"},), 1, "unknown form: columns question"),
        (({"prompt": "a", "chosen": "b", "rejected": "c"},), 1, "preferences"),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(tmp_path: Path, rows: tuple[Any, ...], line: int, says: str) -> None:
    path = write(tmp_path, *rows)
    with pytest.raises(InputError) as caught:
        read_file(path)
    assert f"{path}:{line}:" in str(caught.value) and says in str(caught.value) and "\n" not in str(caught.value)


def test_every_bad_row_is_counted(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"7 of 8 rows cannot be learned from: .* and 2 more"):
        read_file(write(tmp_path, GOOD, *[{"prompt": "a"}] * 7))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("rows.jsonl", b"", "holds no rows"),
        ("rows.docx", b"x", "unknown kind of data file '.docx'"),
        ("rows.json", b"{}", "is neither a list of rows"),
        ("rows.parquet", b"x", "not a Parquet file"),
        ("rows.csv", b"prompt,response\n\xff,b\n", "is not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_file(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value) and says in str(caught.value)


def turn(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


ASK, YES, NO = turn("user", "Is it safe?"), turn("assistant", "Ask a doctor."), turn("assistant", "Sure.")


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "Is it safe?", "chosen": "Ask a doctor.", "rejected": "Sure."},
        {"prompt": [ASK], "chosen": [YES], "rejected": [NO]},
        {"prompt": "Is it safe?", "chosen": YES, "rejected": NO},
        {"prompt": "Is it safe?", "chosen": [ASK, YES], "rejected": [ASK, NO]},
        {"chosen": [ASK, YES], "rejected": [ASK, NO]},
        {
            "conversations": [{"from": "human", "value": "Is it safe?"}],
            "chosen": {"from": "gpt", "value": "Ask a doctor."},
            "rejected": {"from": "gpt", "value": "Sure."},
        },
    ],
)
def test_each_way_to_write_a_preference_gives_the_same(tmp_path: Path, row: Any) -> None:
    (read,) = read_preferences(write(tmp_path, row)).examples
    assert read == PreferenceExample(ASKED[:1], "Ask a doctor.", "Sure.", "rows.jsonl:1")


def test_earlier_turns_of_both_answers_belong_to_the_prompt_as_in_trl(tmp_path: Path) -> None:
    from trl.data_utils import extract_prompt

    before = [turn("system", "Be kind."), turn("user", "Hello"), turn("assistant", "Hello!"), ASK]
    row = {"chosen": [*before, YES], "rejected": [*before, NO]}
    (read,) = read_preferences(write(tmp_path, row)).examples
    theirs = extract_prompt(row)
    assert [turn(one.role, one.content) for one in read.prompt] == theirs["prompt"] == before
    assert [turn("assistant", read.chosen)] == theirs["chosen"]
    assert [turn("assistant", read.rejected)] == theirs["rejected"]


GOOD_PAIR = {"prompt": "a", "chosen": "b", "rejected": "c"}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"prompt": "a", "chosen": "b", "rejected": " "}, "line 2 (rejected is empty)"),
        ({"prompt": "a", "chosen": "b"}, "line 2 (no rejected)"),
        ({"prompt": None, "chosen": "b", "rejected": "c"}, "line 2 (no prompt)"),
        ({"prompt": "a", "chosen": [ASK], "rejected": [ASK]}, "line 2 (chosen and rejected do not answer"),
        ({"prompt": "a", "chosen": [ASK, YES], "rejected": [turn("user", "b"), NO]}, "follow different turns"),
        ({"prompt": [YES], "chosen": "a", "rejected": "b"}, "do not answer a turn of the user"),
        ({"prompt": "a", "chosen": {"b": 1}, "rejected": "c"}, "line 2 (chosen is an object, not text)"),
        ({"prompt": "a", "chosen": [7], "rejected": ["c"]}, "chosen is not a list of {role, content}"),
    ],
)
def test_a_bad_preference_is_named_by_line(tmp_path: Path, row: Any, says: str) -> None:
    with pytest.raises(InputError) as caught:
        read_preferences(write(tmp_path, GOOD_PAIR, row))
    assert says in str(caught.value) and "rows.jsonl:2:" in str(caught.value)


def test_answers_without_a_prompt_and_conversations_are_no_preferences(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no prompt before chosen and rejected"):
        read_preferences(write(tmp_path, {"chosen": "a", "rejected": "b"}))
    with pytest.raises(InputError, match=r"holds conversations \(prompt, response\)"):
        read_preferences(write(tmp_path, GOOD))


def test_half_a_surrogate_pair_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"line 2 \(the assistant's turn holds half a surrogate pair"):
        read_file(write(tmp_path, GOOD, {"prompt": "a", "response": "b\ud800"}))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such data file"):
        read_file(tmp_path / "absent.jsonl")


def test_real_instruction_data_is_read(shared: Path) -> None:
    read = read_file(shared / "data/sft/alpaca_en_demo.json")
    assert read.form == "instruction, input, output"
    assert len(read.examples) == 999


def test_real_preferences_are_read(shared: Path) -> None:
    read = read_preferences(shared / "data/sft/dpo_en_demo.json")
    assert read.form == "conversations, chosen, rejected"
    assert len(read.examples) == 300
    assert all(one.prompt[-1].role == "user" for one in read.examples)
