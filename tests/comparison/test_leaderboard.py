"""A leaderboard of real runs: who stands where, and what may never stand in one column."""

import json
from pathlib import Path

import pytest

from harness.cli.main import run as harness
from harness.comparison import compare
from harness.comparison.leaderboard import leaderboard
from harness.evaluation import evaluate
from harness.records import InputError
from harness.runs import Run
from tests.packs import word_rows, write_pack, write_suite

RIGHT = {"base": 0.4, "good": 0.9, "twin": 0.9, "bad": 0.1}


def a_run(folder: Path, name: str, models: list[str], rows: int = 60, **pack: object) -> Run:
    """A run over predictions that are right on each model's own share of the samples."""
    folder.mkdir(exist_ok=True)
    data = word_rows(rows)
    write_pack(folder, "words", data, **pack)
    said = [
        {"model": m, "prompt": row["text"], "response": row["label"] if (n * 7 % rows) / rows < RIGHT[m] else "?"}
        for m in models
        for n, row in enumerate(data)
    ]
    (folder / "said.jsonl").write_text("".join(json.dumps(row) + "\n" for row in said))
    engine = {"kind": "replay", "options": {"path": "said.jsonl"}}
    run = evaluate(write_suite(folder, models={m: {} for m in models}, engine=engine), folder / name)
    compare(run)
    return run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return a_run(tmp_path_factory.mktemp("first"), "all", list(RIGHT))


def test_the_best_stands_first_and_models_alike_share_a_rank_and_a_group(run: Run) -> None:
    (board,) = leaderboard([run]).boards
    standings = {one.entry.name: one for one in board.standings}
    assert [(one.rank.rank, one.rank.low, one.rank.high) for one in board.standings] == [
        (1, 1, 2), (1, 1, 2), (3, 3, 3), (4, 4, 4),
    ]  # fmt: skip
    assert standings["good"].rank.groups == standings["twin"].rank.groups == (0,)
    assert standings["bad"].figure.value == pytest.approx(0.1, abs=0.02)


def test_overall_places_models_between_the_worst_and_the_best(run: Run) -> None:
    overall = {one.entry.name: one.score for one in leaderboard([run]).overall}
    assert overall["good"] == overall["twin"] == 1
    assert overall["bad"] == 0
    assert 0 < overall["base"] < 1


def test_another_prompt_or_other_samples_make_another_board(run: Run, tmp_path: Path) -> None:
    reworded = a_run(tmp_path / "a", "reworded", ["base", "good"], prompt="{{ text }} ")
    fewer = a_run(tmp_path / "b", "fewer", ["base", "good"], rows=40)
    found = leaderboard([run, fewer, reworded])
    assert [len(board.standings) for board in found.boards] == [4, 2, 2]
    assert found.overall == []


def test_predictions_of_two_runs_are_two_models_even_if_they_share_a_name(run: Run, tmp_path: Path) -> None:
    again = a_run(tmp_path / "c", "again", ["base", "bad"])
    names = {entry.name for entry in leaderboard([run, again]).entries}
    assert names == {"base (all)", "base (again)", "good", "twin", "bad (all)", "bad (again)"}


def test_the_same_weights_in_two_runs_are_one_entry(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    write_pack(tmp_path / "one", "words", word_rows(3))
    suite = write_suite(tmp_path / "one")
    runs = [evaluate(suite, tmp_path / name) for name in ("x", "y")]
    for one in runs:
        compare(one)
    (entry,) = leaderboard(runs).entries
    assert (entry.name, entry.runs) == ("base", ("x", "y"))


def test_no_runs_and_a_run_without_results_are_refused(run: Run, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least one run"):
        leaderboard([])
    with pytest.raises(InputError, match="not a run folder"):
        leaderboard([Run.open(tmp_path)])


def test_the_command_writes_a_site_with_csv_and_json(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert harness(["leaderboard", str(run.folder), "--out", str(tmp_path / "site"), "--title", "A <b>title</b>"]) == 0
    site = tmp_path / "site"
    assert "A &lt;b&gt;title&lt;/b&gt;" in (site / "index.html").read_text()
    assert (site / "tasks" / "words.html").is_file()
    rows = json.loads((site / "leaderboard.json").read_text())
    assert [row["task"] for row in rows] == ["*"] * 4 + ["words"] * 4
    assert len((site / "leaderboard.csv").read_text().splitlines()) == 9
    assert str(run.folder) not in "".join(path.read_text() for path in site.rglob("*.*"))
    capsys.readouterr()
    assert harness(["leaderboard", str(run.folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == rows
