"""A judge's grades become figures; order, odd answers and hostile text cannot pass for a judgement."""

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from harness.cli.main import run as harness
from harness.comparison import compare
from harness.evaluation import evaluate, rescore
from harness.judging import judge_run, read_judge
from harness.judging.prompts import comparing, grade_of, grading, side_of
from harness.judging.settings import KNOWN
from harness.records import InputError, prompt_text
from harness.runs import Run
from tests.packs import write_pack, write_suite

ROWS = [{"text": f"Question {n}?", "label": f"right {n}", "stars": n % 5 + 1} for n in range(8)]
SAID = {"base": "wrong", "candidate": "right"}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Answers of a base and a candidate to eight questions."""
    write_pack(tmp_path, "words", ROWS)
    said = [
        {"model": model, "prompt": row["text"], "response": f"{word} {n}"}
        for model, word in SAID.items()
        for n, row in enumerate(ROWS)
    ]
    (tmp_path / "said.jsonl").write_text("".join(json.dumps(row) + "\n" for row in said))
    engine = {"kind": "replay", "options": {"path": "said.jsonl"}}
    run = evaluate(write_suite(tmp_path, models={"base": {}, "candidate": {}}, engine=engine), tmp_path / "run")
    compare(run)
    return run


def a_judge(folder: Path, grades: dict[str, str], sides: tuple[str, str], **settings: object) -> Path:
    """A judge whose answers are on file: a grade for each model's answers, and a side for each order."""
    rows = []
    for n, row in enumerate(ROWS):
        answers = {model: f"{word} {n}" for model, word in SAID.items()}
        for name in settings.get("criteria", ["helpfulness"]):
            rows += [(grading(KNOWN[name], row["text"], text, row["label"], True), grades[model])
                     for model, text in answers.items()]  # fmt: skip
        pair = (answers["candidate"], answers["base"])
        rows += [
            (comparing(row["text"], *order, True), side) for order, side in zip((pair, pair[::-1]), sides, strict=True)
        ]
    lines = [
        {"prompt": [{"role": m.role, "content": m.content} for m in prompt], "response": said} for prompt, said in rows
    ]
    (folder / "judge.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    known = {"judge": "filed", "base": "reference", "criteria": ["helpfulness"], "pairwise": True,
             "engine": {"kind": "replay", "options": {"path": "judge.jsonl"}}}  # fmt: skip
    (folder / "judge.yaml").write_text(yaml.safe_dump(known | settings))
    return folder / "judge.yaml"


def figures(run: Run) -> dict[tuple[str, str], float | None]:
    return {(f.model, f.metric): f.value for f in compare(run).figures}


def test_grades_and_preferences_become_figures_that_stay(run: Run, tmp_path: Path) -> None:
    judge_run(run, read_judge(a_judge(tmp_path, {"base": "2", "candidate": "Grade: 5"}, ("A", "B"))))
    found = figures(run)
    assert found["base", "judge_helpfulness"] == 0.25
    assert found["candidate", "judge_helpfulness"] == 1.0
    assert (found["base", "judge_preference"], found["candidate", "judge_preference"]) == (0.5, 1.0)
    rescore(run)
    assert figures(run) == found


def test_a_judge_that_always_takes_the_first_prefers_nobody_and_is_told_on(run: Run, tmp_path: Path) -> None:
    found = judge_run(run, read_judge(a_judge(tmp_path, {"base": "3", "candidate": "3"}, ("A", "A"))))
    assert figures(run)["candidate", "judge_preference"] == 0.5
    assert found["pairs"] == {"judged": 8, "same_in_both_orders": 0.0, "prefers_the_first": 1.0}


def test_what_is_no_grade_is_not_judged_and_judging_again_replaces(run: Run, tmp_path: Path) -> None:
    judge_run(run, read_judge(a_judge(tmp_path, {"base": "I cannot say", "candidate": "10"}, ("?", "B"))))
    results = {(f.model, f.metric): (f.samples, f.unscorable) for f in compare(run).figures}
    assert results["candidate", "judge_helpfulness"] == results["base", "judge_helpfulness"] == (0, 8)
    assert results["candidate", "judge_preference"] == (0, 8)
    judge_run(run, read_judge(a_judge(tmp_path, {"base": "1", "candidate": "4"}, ("A", "B"))))
    assert figures(run)["candidate", "judge_helpfulness"] == 0.75


def test_agreement_with_labels_is_a_rank_correlation(run: Run, tmp_path: Path) -> None:
    path = a_judge(tmp_path, {"base": "1", "candidate": "5"}, ("A", "B"), labels={"helpfulness": "stars"})
    found = judge_run(run, read_judge(path))
    (label,) = found["labels"]
    assert (label["field"], label["n"]) == ("stars", 16)
    assert label["spearman"] == pytest.approx(0.0)  # the label does not know which model answered


def test_the_command_shows_the_judge_beside_its_figures(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = a_judge(tmp_path, {"base": "2", "candidate": "4"}, ("A", "B"))
    assert harness(["judge", str(run.folder), str(path)]) == 0
    said = capsys.readouterr().out
    assert "filed judged 16 answers" in said
    assert "says the same in both orders: 100% of 8 pairs" in said
    assert (run.folder / "report.html").is_file()


def test_a_real_model_judges_through_a_real_engine(run: Run, tmp_path: Path) -> None:
    settings = {
        "judge": "small",
        "base": "reference",
        "criteria": ["relevance"],
        "engine": {"kind": "transformers", "device": "cpu"},
    }
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(settings))
    found = judge_run(run, read_judge(tmp_path / "small.yaml"))
    assert found["answers"] == 16
    figure = next(f for f in compare(run).figures if f.metric == "judge_relevance")
    assert figure.samples + figure.unscorable == 8
    assert figure.signature.startswith("judge_relevance|imported:small ")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"criteria": ["helpfullness"]}, "did you mean 'helpfulness'"),
        ({"criterias": []}, "did you mean 'criteria'"),
        ({"tasks": ["nothing"]}, "no generated answers of nothing"),
    ],
)
def test_bad_settings_are_one_line(run: Run, tmp_path: Path, settings: dict, message: str) -> None:
    (tmp_path / "bad.yaml").write_text(yaml.safe_dump({"judge": "j", "base": "reference"} | settings))
    with pytest.raises(InputError, match=message):
        judge_run(run, read_judge(tmp_path / "bad.yaml"))


@given(st.text(max_size=300), st.text(max_size=300))
def test_an_answer_cannot_close_the_marks_it_stands_between(question: str, answer: str) -> None:
    text = prompt_text(grading(KNOWN["harm"], question, answer, "", True))
    mark = next(line for line in text.splitlines() if line.startswith("-----"))
    assert text.count(mark) == 4


@pytest.mark.parametrize(
    ("said", "grade"),
    [("4", 4), ("Grade: 2.", 2), ("5/5", 5), ("10", None), ("3.5", None), ("six", None), ("", None), ("0", None)],
)
def test_only_a_whole_grade_is_one(said: str, grade: int | None) -> None:
    assert grade_of(said) == grade


@pytest.mark.parametrize(
    ("said", "side"), [("A", "A"), ("Answer B is", "B"), ("Both", None), ("a", None), ("AB", None)]
)
def test_only_a_side_is_one(said: str, side: str | None) -> None:
    assert side_of(said) == side
