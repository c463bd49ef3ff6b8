"""Training data is found as a file, a folder, a mirror or a hub id, in this order, and what is none is one line."""

import gzip
import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.records import InputError
from harness.training.data.sources import HubData, located, read_source
from harness.training.rows.examples import read_file

ROWS = [{"prompt": f"What is {i}?", "response": f"A number, {i}."} for i in range(4)]


def write(path: Path, rows: list[dict[str, str]] = ROWS) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of mirrors, nothing in it."""
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "mirror"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return tmp_path / "mirror"


@pytest.mark.parametrize(("reference", "file"), [
    ("org/name", "org/name/train.jsonl"), ("org/name/test", "org/name/test.jsonl"),
    ("org/name@v1.0/test", "org/name/data/test.jsonl"), ("org/name/small/test", "org/name/small/test.jsonl"),
    ("org/name/test", "name/test.jsonl"),
])  # fmt: skip
def test_a_hub_id_is_found_below_the_mirrors(reference: str, file: str, mirror: Path) -> None:
    write(mirror / file)
    data = read_source(reference)
    assert [row.value for row in data.rows] == ROWS
    assert all(row.where.startswith("org/name/") for row in data.rows)


def test_a_file_comes_before_a_mirror_and_a_mirror_before_the_hub(mirror: Path, tmp_path: Path) -> None:
    write(mirror / "org/name/train.jsonl", ROWS[:1])
    assert len(read_source("org/name", tmp_path).rows) == 1
    write(tmp_path / "org" / "name" / "train.jsonl", ROWS[:2])
    assert len(read_source("org/name", tmp_path).rows) == 2
    with pytest.raises(InputError) as caught:
        read_source("org/other/test", tmp_path)
    said = str(caught.value)
    assert f"org/other/test: no such file, and the data set is nowhere: not below HARNESS_DATA ({mirror})" in said
    assert "HF_HUB_OFFLINE is set; connect, or put org/other/test.jsonl into a folder" in said
    assert "\n" not in said


@pytest.mark.parametrize(
    "reference", ["./org/name", "../x", "/org/name", "org/name.jsonl", "org", "a/b/c/d/e", "a b/c"]
)
def test_what_is_no_hub_id_is_a_missing_file(reference: str, mirror: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such data file"):
        read_source(reference, tmp_path)


def test_folders_of_datasets_are_read_and_name_their_rows(tmp_path: Path) -> None:
    from datasets import Dataset, DatasetDict

    table = Dataset.from_list(ROWS)
    table.save_to_disk(tmp_path / "one")
    DatasetDict({"train": table, "test": table}).save_to_disk(tmp_path / "both")
    (tmp_path / "shards").mkdir()
    for part in range(2):
        rows = Dataset.from_list(ROWS[2 * part : 2 * part + 2])
        rows.to_parquet(tmp_path / "shards" / f"train-0000{part}-of-00002.parquet")
    for name, first in (("one", "one:1"), ("both", "train:1"), ("shards", "train-00000-of-00002.parquet:1")):
        data = read_source(tmp_path / name)
        assert ([row.value for row in data.rows], data.rows[0].where) == (ROWS, first)
    (tmp_path / "both" / "train" / "state.json").write_text("{")
    for name, says in (("both", "not a data set that can be read"), ("", "without a file named train")):
        with pytest.raises(InputError, match=says):
            read_source(tmp_path / name)


def test_a_reference_that_means_the_same_from_anywhere(tmp_path: Path) -> None:
    write(tmp_path / "org" / "here")
    assert located("org/here", tmp_path) == str(tmp_path / "org" / "here")
    assert located("org/there/test", tmp_path) == "org/there/test"
    assert located("rows.jsonl", tmp_path) == str(tmp_path / "rows.jsonl")


def test_bad_rows_of_a_mirror_are_named_by_data_set_and_line(mirror: Path) -> None:
    write(mirror / "org/name/train.jsonl", [*ROWS, {"prompt": "x"}])
    with pytest.raises(InputError, match=r"^org/name/train.jsonl:5: 1 of 5 rows .* line 5 \(no response\)"):
        read_file("org/name")


WORD = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,8}\Z").filter(lambda word: "." not in word)


@settings(deadline=None)
@given(WORD, WORD, st.none() | WORD, WORD, st.none() | WORD)
def test_a_data_set_written_as_text_is_read_as_the_same(
    org: str, name: str, subset: str | None, split: str, revision: str | None
) -> None:
    data = HubData(hub=f"{org}/{name}", subset=subset, split=split, revision=revision)
    with pytest.raises(InputError) as caught:
        read_source(str(data), Path("/nowhere"))
    assert caught.value.where == str(data)


def test_real_data_is_read_from_its_mirror(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_DATA", str(shared / "data"))
    read = read_file("openai/gsm8k/test")
    assert (read.form, len(read.examples)) == ("question, answer", 700)
    assert read.examples[0].where == "openai/gsm8k/test.jsonl:1"


def test_a_folder_of_shards_is_read_in_the_order_of_their_numbers_and_whole(tmp_path: Path) -> None:
    def rows(folder: str) -> list[str]:
        return [row.value["prompt"] for row in read_source(tmp_path / folder).rows]

    def shard(name: str, prompt: str) -> None:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        line = f'{{"prompt": "{prompt}", "response": "x"}}\n'.encode()
        path.write_bytes(gzip.compress(line) if name.endswith(".gz") else line)

    for number in (10, 9, 8):
        shard(f"parts/part-{number}.jsonl.gz", str(number))
    assert rows("parts") == ["8", "9", "10"]
    shard("parts/notes.jsonl", "another file")
    with pytest.raises(InputError, match="nor the shards of one file"):
        rows("parts")
    for name in ("train-00001-of-00002.jsonl", "train-00000-of-00002.jsonl", "test-00000-of-00001.jsonl"):
        shard(f"hub/{name}", name[:11])
    assert rows("hub") == ["train-00000", "train-00001"]
    (tmp_path / "hub" / "train-00000-of-00002.jsonl").unlink()
    with pytest.raises(InputError, match="holds 1 of 2 shards"):
        rows("hub")
    (tmp_path / "parquet").mkdir()
    pd.DataFrame(ROWS[:2]).to_parquet(tmp_path / "parquet" / "train-00000-of-00002.parquet")
    with pytest.raises(InputError, match="holds 1 of 2 shards"):
        rows("parquet")
