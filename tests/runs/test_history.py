"""The history keeps figures and the baseline; trends pair a run with the one before, never two versions of a task."""

import json
import shutil
from pathlib import Path

import pytest

from harness.cli.main import run as harness
from harness.comparison import compare
from harness.comparison.trend import trends
from harness.evaluation import evaluate
from harness.records import InputError
from harness.runs import Run
from harness.runs.history import History
from tests.packs import word_rows, write_pack, write_suite

ROWS = 60


def a_run(folder: Path, name: str, share: float, **pack: object) -> Run:
    """A run whose candidate is right on this share of the samples."""
    data = word_rows(ROWS)
    write_pack(folder, "words", data, **pack)
    said = [
        {"model": model, "prompt": row["text"], "response": row["label"] if (n * 7 % ROWS) / ROWS < right else "?"}
        for model, right in (("base", 0.5), ("candidate", share))
        for n, row in enumerate(data)
    ]
    (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in said))
    engine = {"kind": "replay", "options": {"path": f"{name}.jsonl"}}
    run = evaluate(write_suite(folder, models={"base": {}, "candidate": {}}, engine=engine), folder / name)
    compare(run)
    return run


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "history.sqlite")


def test_a_trend_pairs_each_run_with_the_one_before_and_marks_what_is_significant(
    tmp_path: Path, history: History
) -> None:
    for name, share in (("spring", 0.9), ("summer", 0.9), ("autumn", 0.4)):
        history.add(a_run(tmp_path, name, share))
    (trend,) = trends(history.figures(), "candidate")
    assert [round(point.value or 0, 1) for point in trend.points] == [0.9, 0.9, 0.4]
    assert [point.mark for point in trend.points] == ["", "", "loss"]
    assert trend.points[2].change is not None
    assert trend.points[2].change.difference == pytest.approx(-0.5)


def test_a_run_is_kept_once_and_outlives_its_folder(tmp_path: Path, history: History) -> None:
    first, second = (a_run(tmp_path, name, 0.9) for name in ("spring", "summer"))
    assert history.add(first) == history.add(first)
    history.add(second)
    shutil.rmtree(first.folder)
    (trend,) = trends(history.figures(), "candidate")
    assert [point.change for point in trend.points] == [None, None]
    assert len(trend.points) == 2


def test_another_version_of_the_task_is_never_compared(tmp_path: Path, history: History) -> None:
    history.add(a_run(tmp_path, "spring", 0.9))
    history.add(a_run(tmp_path, "summer", 0.4, metrics=[{"name": "exact_match", "ignore_case": True}]))
    (trend,) = trends(history.figures(), "candidate")
    assert [point.same_task for point in trend.points] == [True, False]
    assert trend.points[1].change is None


def test_the_baseline_of_another_run_is_compared_with(
    tmp_path: Path, history: History, capsys: pytest.CaptureFixture[str]
) -> None:
    released, new = a_run(tmp_path, "spring", 0.9), a_run(tmp_path, "summer", 0.4)
    file = ["--history", str(history.path)]
    assert harness(["baseline", "set", str(released.folder), "candidate", *file]) == 0
    assert harness(["baseline", "show", *file, "--json"]) == 0
    assert json.loads(capsys.readouterr().out.split("\n", 1)[1])["model"] == "candidate"
    assert harness(["compare", str(new.folder), "--candidate", "candidate", "--to-baseline", *file, "--json"]) == 0
    (difference,) = json.loads(capsys.readouterr().out)["differences"]
    assert difference["difference"] == pytest.approx(-0.5)


def test_the_trend_command_adds_runs_and_draws_a_page(
    tmp_path: Path, history: History, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [str(a_run(tmp_path, name, share).folder) for name, share in (("spring", 0.9), ("autumn", 0.4))]
    page = tmp_path / "trend.html"
    assert harness(["trend", *runs, "--history", str(history.path), "--out", str(page)]) == 0
    said = capsys.readouterr().out
    assert "−0.500" in said
    assert "▼" in said
    assert "significant loss" in page.read_text()
    assert harness(["trend", "--history", str(history.path), "--json"]) == 0
    assert [point["mark"] for point in json.loads(capsys.readouterr().out)] == ["", "loss"]


def test_what_is_not_there_is_one_line(tmp_path: Path, history: History) -> None:
    with pytest.raises(InputError, match="there is no history"):
        history.figures()
    run = a_run(tmp_path, "spring", 0.9)
    history.add(run)
    with pytest.raises(InputError, match="no baseline is set"):
        history.baseline()
    with pytest.raises(InputError, match="did you mean 'candidate'"):
        history.set_baseline(run, "candidat")
    with pytest.raises(InputError, match="did you mean 'candidate'"):
        trends(history.figures(), "candidat")
    (tmp_path / "other").write_text("no database")
    with pytest.raises(InputError, match="not a history"):
        History(tmp_path / "other").figures()
