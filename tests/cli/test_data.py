"""``harness data``: exit statuses for CI, output for machines, files that are never written over."""

import json
from pathlib import Path

import pytest

from harness.cli.main import run
from tests.training.data.planted import clean_rows, planted


def rows_file(folder: Path, lines: list[str]) -> str:
    path = folder / "rows.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


@pytest.fixture
def clean(tmp_path: Path) -> str:
    return rows_file(tmp_path, [json.dumps(row) for row in clean_rows()[:60]])


def test_status_tells_clean_data_from_faulty_and_strict_counts_everything(clean: str, tmp_path: Path) -> None:
    assert run(["data", "check", clean, "--quiet"]) == 0
    rows = clean_rows()[:60]
    low = rows_file(tmp_path, [json.dumps(row) for row in [*rows, rows[0]]])
    assert run(["data", "check", low, "--quiet"]) == 0
    assert run(["data", "check", low, "--quiet", "--strict"]) == 1
    assert run(["data", "check", rows_file(tmp_path, planted()[0]), "--quiet"]) == 1
    assert run(["data", "check", str(tmp_path / "none.jsonl"), "--quiet"]) == 2
    assert run(["data", "check", clean, "--max-length", "9", "--quiet"]) == 2


def test_the_report_names_rows_and_fits_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    file, page = rows_file(tmp_path, planted()[0]), tmp_path / "quality.html"
    assert run(["data", "check", file, "--quiet", "--html", str(page), "--limit", "2"]) == 1
    said = capsys.readouterr().out
    assert "prompt, response" in said
    assert "high placeholder 3" in said
    assert "rows.jsonl:121  in response" in said
    assert max(map(len, said.splitlines())) <= max(80, len(file) + 20)
    written = page.read_text(encoding="utf-8")
    assert "rows.jsonl:121" in written
    high = sum(int(line.split()[-1]) for line in said.splitlines() if line.startswith("high "))
    assert f"<h1>Faults: {high} high, " in written


def test_json_holds_every_fault_with_its_row_and_how_to_mend_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines, faults = planted()
    run(["data", "check", rows_file(tmp_path, lines), "--json", "--quiet"])
    report = json.loads(capsys.readouterr().out)
    assert {(one["kind"], f"rows.jsonl:{line}") for one in report["faults"] for line in [one["where"][11:]]} >= {
        (kind, f"rows.jsonl:{line}") for kind, line in faults
    }
    assert all(one["mend"] and one["severity"] for one in report["faults"])


def test_split_writes_every_row_once_and_refuses_to_write_over(
    clean: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["data", "split", clean, "--out", str(tmp_path / "parts"), "--parts", "train=0.75,test=0.25"]
    assert run(command) == 0
    assert "60 rows" in capsys.readouterr().out
    written = [(tmp_path / "parts" / f"{name}.jsonl").read_text().splitlines() for name in ("train", "test")]
    assert [len(part) for part in written] == [45, 15]
    rows = [json.loads(line) for part in written for line in part]
    assert sorted(rows, key=str) == sorted(clean_rows()[:60], key=str)
    assert run(command) == 2
    assert run([*command, "--force"]) == 0
    assert run(["data", "split", rows_file(tmp_path, planted()[0]), "--out", str(tmp_path / "no")]) == 2
    assert not (tmp_path / "no").exists()


def test_select_writes_rows_of_the_file_and_refuses_to_write_over(clean: str, tmp_path: Path) -> None:
    out = tmp_path / "few.jsonl"
    command = ["data", "select", clean, "-n", "7", "--out", str(out), "--quiet"]
    assert run(command) == 0
    few = out.read_text().splitlines()
    assert len(set(few)) == 7
    assert all(json.loads(line) in clean_rows()[:60] for line in few)
    assert run(command) == 2


@pytest.mark.parametrize("command", ["check", "split", "select", "contamination"])
def test_help_says_what_data_may_be(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", command, "--help"]) == 0
    said = capsys.readouterr().out
    assert "Parquet" in said and "hub id" in " ".join(said.split())


def test_a_hub_id_is_checked_split_and_searched_for_tasks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "org" / "name").mkdir(parents=True)
    lines = [json.dumps(row) for row in clean_rows()[:60]]
    (tmp_path / "org" / "name" / "train.jsonl").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    assert run(["data", "check", "org/name", "--quiet"]) == 0
    assert "org/name/train: prompt, response" in capsys.readouterr().out
    assert run(["data", "split", "org/name", "--out", str(tmp_path / "parts")]) == 0
    assert run(["data", "select", "org/name", "-n", "3", "--out", str(tmp_path / "few.jsonl"), "--quiet"]) == 0
    capsys.readouterr()
    assert run(["data", "contamination", "org/name", "--tasks", "general_knowledge", "--limit", "0"]) == 1
    assert "more (--limit)" in capsys.readouterr().out
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert run(["data", "check", "org/name/test", "--quiet"]) == 2
