"""Foreign tasks go the whole way: asked, stored, scored, scored again without a model, and named by rules."""

from pathlib import Path

import pytest

from harness.cli.main import run
from harness.evaluation.rescore import rescore
from harness.runs import Run
from tests.packs import write_suite
from tests.tasks.foreign.sides import write_task

ROWS = [{"q": f"What comes after {n}?", "options": [f"{n + 1}", "a cow"], "right": n % 2} for n in range(6)]
WORDS = [{"function": "regex", "regex_pattern": r"(\w+)"}, {"function": "take_first"}]


def test_a_suite_of_foreign_tasks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_task(
        tmp_path,
        ROWS,
        "ranked",
        output_type="multiple_choice",
        doc_to_text="{{q}}",
        doc_to_choice="{{options}}",
        doc_to_target="right",
        num_fewshot=2,
        fewshot_split="test",
        metric_list=[{"metric": name} for name in ("acc", "acc_norm", "mcc")],
        tag="mine",
    )
    write_task(
        tmp_path,
        ROWS,
        "said",
        doc_to_text="{{q}}",
        doc_to_target="{{options[0]}}",
        generation_kwargs={"until": ["\n"], "max_gen_toks": 8},
        filter_list=[{"name": "whole", "filter": WORDS[1:]}, {"name": "word", "filter": WORDS}],
    )
    suite = write_suite(tmp_path, tasks=["./ranked.yaml", "./said.yaml"])
    assert run(["run", str(suite), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    done = Run(tmp_path / "out")
    rows = {task["name"]: task for task in done.manifest["tasks"]}
    assert rows["ranked"]["tags"] == ["mine"]
    assert rows["ranked"]["definition"]["lm_eval"]["num_fewshot"] == 2
    scores = {path.name: path.read_bytes() for path in done.scores_folder.iterdir()}
    found = done.scores().groupby("task")["metric"].unique()
    assert [*found["said"]] == ["exact_match,whole", "exact_match,word"]
    assert [*found["ranked"]] == ["acc", "acc_norm", "mcc"]
    rescore(done)
    assert {path.name: path.read_bytes() for path in done.scores_folder.iterdir()} == scores
    rule = {"tasks": "said", "metric": "exact_match,lost", "rule": "at_least", "value": 0.5}
    assert (
        run(["run", str(write_suite(tmp_path, tasks=["./said.yaml"], gate=[rule])), "--out", str(tmp_path / "two")])
        == 2
    )
    assert "no metric 'exact_match,lost'; did you mean 'exact_match,word'?" in capsys.readouterr().err
