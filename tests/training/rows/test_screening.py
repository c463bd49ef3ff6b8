"""The look at data before training tells what would be regretted, and stays within its bounds."""

import json
from pathlib import Path

import pytest

from harness.training.data import KINDS
from harness.training.rows import screening
from harness.training.rows.examples import read_file, read_preferences
from harness.training.rows.screening import screen
from tests.training.data.planted import clean_rows, planted


def write(folder: Path, lines: list[str]) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_clean_data_gives_no_warning(tmp_path: Path) -> None:
    found = screen([read_file(write(tmp_path, [json.dumps(row) for row in clean_rows()]))])
    assert (found.warnings, found.counts) == ((), {})
    assert found.rows == found.compared == len(clean_rows())


def test_planted_faults_that_training_can_read_are_counted_and_named(tmp_path: Path) -> None:
    lines, faults = planted()
    refused = {line for kind, line in faults if kind in ("missing_field", "empty_field", "bad_row")}
    path = write(tmp_path, [line for number, line in enumerate(lines, 1) if number not in refused])
    found = screen([read_file(path)])
    kinds = {kind for kind, line in faults if line not in refused}
    assert {kind: found.counts.get(kind) for kind in kinds} == {
        kind: len([line for one, line in faults if one == kind and line not in refused]) for kind in kinds
    }
    said = "\n".join(found.warnings)
    assert f"keys, tokens or passwords: 2 in {found.rows} rows (rows.jsonl:" in said
    assert KINDS["exact_duplicate"].mend in said
    assert f"harness data check {path}" in found.warnings[-1]


def test_files_below_the_current_folder_are_named_from_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, ['{"prompt": "What is it?", "response": "It is a key."}'] * 8)
    monkeypatch.chdir(tmp_path)
    assert screen([read_file(path)]).warnings[-1].endswith("harness data check rows.jsonl")


def test_what_takes_time_sees_a_bounded_part_and_the_warning_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [row | {"response": "Write to maria.gonzalez@bluewin.ch."} for row in clean_rows()]
    data = read_file(write(tmp_path, [json.dumps(row) for row in rows]))
    monkeypatch.setattr(screening, "WORDING_CHARACTERS", 5000)
    monkeypatch.setattr(screening, "NEAR_CHARACTERS", 5000)
    found = screen([data])
    assert 40 < found.words_read < 80 and found.compared < 80
    assert found.counts["personal_data"] == found.words_read
    assert any(f"{found.words_read} in the {found.words_read} of {len(rows)} rows looked at" in one
               for one in found.warnings)  # fmt: skip


def test_labels_and_preferences_are_known_as_such(tmp_path: Path) -> None:
    rows = [{"text": f"A text of number {i}", "label": "yes" if i else "Yes "} for i in range(30)]
    found = screen([read_file(write(tmp_path, [json.dumps(row) for row in rows]))])
    assert found.counts["label_spelling"] == 1
    pair = {"prompt": "Say it.", "chosen": "Yes, I do.", "rejected": "yes,  I do."}
    found = screen([read_preferences(write(tmp_path, [json.dumps(pair)]))])
    assert found.counts == {"chosen_equals_rejected": 1}


def test_no_rows_give_no_warning() -> None:
    assert screen([]).warnings == ()
