"""Results of other tools become runs that can be compared and gated; figures leave in the forms of other tools."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.cli.main import run as harness
from harness.exchange.export import model_index, tracked
from harness.exchange.imported import write_imported
from harness.exchange.inspect_logs import read_inspect
from harness.exchange.lm_eval import read_lm_eval
from harness.records import InputError
from harness.runs import Run

LOGS = Path(__file__).parent / "data"  # written by inspect_ai 0.3.285 with a mock model; events taken out
TASKS = {
    "capitals": {
        "output_type": "multiple_choice", "doc_to_text": "Q: {{q}}\nA:", "doc_to_choice": ["yes", "no"],
        "doc_to_target": "{{y}}", "metric_list": [{"metric": "acc"}, {"metric": "mcc"}],
    },
    "said": {
        "output_type": "generate_until", "doc_to_text": "Q: {{q}}\nA:", "doc_to_target": "{{y}}",
        "generation_kwargs": {"until": ["\n"]}, "metric_list": [{"metric": "exact_match", "aggregation": "mean"}],
        "filter_list": [
            {"name": "strict", "filter": [{"function": "regex", "regex_pattern": "(z)"}, {"function": "take_first"}]},
            {"name": "loose", "filter": [{"function": "take_first"}]},
        ],
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def lm_eval(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Result folders that lm-evaluation-harness itself wrote, of its dummy model with two seeds and two limits."""
    folder = tmp_path_factory.mktemp("lm_eval")
    rows = [{"q": f"is {i} odd?", "y": "yes" if i % 2 else "no"} for i in range(40)]
    (folder / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for name, task in TASKS.items():
        data = {"task": name, "dataset_path": "json", "test_split": "test", "metadata": {"version": 1.0},
                "dataset_kwargs": {"data_files": {"test": str(folder / "test.jsonl")}}}  # fmt: skip
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(data | task))
    script = (
        "import random, sys, lm_eval\n"
        "from lm_eval.loggers import EvaluationTracker\n"
        "from lm_eval.tasks import TaskManager\n"
        "folder = sys.argv[1]\n"
        "for name, limit in (('a', None), ('b', None), ('fewer', 10)):\n"
        "    tracker = EvaluationTracker(output_path=f'{folder}/{name}')\n"
        "    found = lm_eval.simple_evaluate('dummy', tasks=['capitals', 'said'], limit=limit, log_samples=True,\n"
        "        random_seed=ord(name[0]), bootstrap_iters=0, evaluation_tracker=tracker,\n"
        "        task_manager=TaskManager(include_path=folder, include_defaults=False))\n"
        "    samples = found.pop('samples')\n"
        "    tracker.save_results_aggregated(results=found, samples=samples)\n"
        "    for task, rows in samples.items():\n"
        "        tracker.save_results_samples(task_name=task, samples=rows)\n"
    )
    env = os.environ | {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(folder / "cache")}
    done = subprocess.run([sys.executable, "-c", script, str(folder)], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return {name: folder / name for name in ("a", "b", "fewer")}


def reported(folder: Path) -> dict[str, Any]:
    (path,) = folder.rglob("results_*.json")
    return json.loads(path.read_text())["results"]


def test_imported_figures_are_those_that_lm_eval_reported(
    lm_eval: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert harness(["import", "lm-eval", f"old={lm_eval['a']}", f"new={lm_eval['b']}", "--out", str(out)]) == 0
    assert "left out: old, capitals, mcc" in capsys.readouterr().err
    figures = {(f.model, f.task, f.metric): f.value for f in Run.open(out).results.figures}
    for model, name in (("old", "a"), ("new", "b")):
        there = reported(lm_eval[name])
        assert figures[model, "capitals", "acc"] == pytest.approx(there["capitals"]["acc,none"])
        assert figures[model, "said", "exact_match,strict"] == there["said"]["exact_match,strict"]
    (difference,) = [d for d in Run.open(out).comparison.differences if d.metric == "acc"]
    assert difference.pairs == 40
    assert difference.method.startswith("paired proportions")


def test_an_imported_run_is_gated_and_ranked_and_scoring_again_changes_nothing(
    lm_eval: dict[str, Path], tmp_path: Path
) -> None:
    out, policy = tmp_path / "run", tmp_path / "policy.yaml"
    policy.write_text("policy: p\nrules: [{tasks: capitals, rule: no_worse, than: base, margin: 0.9}]\n")
    assert harness(["import", "lm-eval", f"old={lm_eval['a']}", f"new={lm_eval['b']}", "--out", str(out)]) == 0
    assert harness(["gate", str(out), "--policy", str(policy), "-q"]) == 0
    assert harness(["leaderboard", str(out), "--out", str(tmp_path / "site")]) == 0
    before = Run.open(out).results
    assert harness(["score", str(out)]) == 0
    assert Run.open(out).results == before
    assert (out / "report.html").is_file()


def test_other_samples_other_folders_and_other_files_are_refused(lm_eval: dict[str, Path], tmp_path: Path) -> None:
    a, fewer = read_lm_eval(lm_eval["a"], "a"), read_lm_eval(lm_eval["fewer"], "fewer")
    with pytest.raises(InputError, match="'capitals': prompts, data or version differ"):
        write_imported([a, fewer], tmp_path / "x")
    assert not (tmp_path / "x").exists()
    with pytest.raises(InputError, match="two models are called 'a'"):
        write_imported([a, a], tmp_path / "x")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(InputError, match="is not empty"):
        write_imported([a], tmp_path / "full")
    with pytest.raises(InputError, match=r"holds 0 files results"):
        read_lm_eval(tmp_path)
    with pytest.raises(InputError, match="no such file or folder"):
        read_lm_eval(tmp_path / "results_y.json")
    (tmp_path / "results_x.json").write_text("{}")
    with pytest.raises(InputError, match="no results of lm-evaluation-harness"):
        read_lm_eval(tmp_path / "results_x.json")


def test_inspect_logs_keep_their_figures_sample_by_sample(tmp_path: Path) -> None:
    good, poor = (str(LOGS / f"inspect_{name}.json") for name in ("good", "poor"))
    assert harness(["import", "inspect", f"old={poor}", f"new={good}", "--out", str(tmp_path / "run")]) == 0
    run = Run.open(tmp_path / "run")
    figures = {(f.model, f.metric): f.value for f in run.results.figures}
    assert figures["new", "match"] == pytest.approx(10 / 12)
    assert figures["old", "match"] == pytest.approx(4 / 12)
    assert figures["new", "f1"] == pytest.approx(0.4166667)
    (difference,) = [d for d in run.comparison.differences if d.metric == "match"]
    assert (difference.gained_count, difference.lost_count) == (6, 0)


def test_an_inspect_log_that_failed_or_is_none_is_refused(tmp_path: Path) -> None:
    log = json.loads((LOGS / "inspect_good.json").read_text())
    (tmp_path / "failed.json").write_text(json.dumps(log | {"status": "error"}))
    with pytest.raises(InputError, match="did not end well"):
        read_inspect(tmp_path / "failed.json")
    (tmp_path / "header.json").write_text(json.dumps(log | {"samples": []}))
    with pytest.raises(InputError, match="holds no samples"):
        read_inspect(tmp_path / "header.json")
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        read_inspect(tmp_path / "broken.json")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("runs") / "run"
    logs = [f"{name}={LOGS / f'inspect_{log}.json'}" for name, log in (("old", "poor"), ("new", "good"))]
    assert harness(["import", "inspect", *logs, "--out", str(out)]) == 0
    return Run.open(out)


def test_the_model_index_is_what_the_hub_reads(run: Run) -> None:
    from huggingface_hub import EvalResult, ModelCard
    from huggingface_hub.repocard_data import model_index_to_eval_results

    index = model_index(run.results, "new")
    name, results = model_index_to_eval_results(index["model-index"])
    assert name == "new"
    assert all(isinstance(one, EvalResult) for one in results)
    assert {(one.metric_type, round(one.metric_value, 3)) for one in results} >= {("match", 0.833), ("f1", 0.417)}
    card = ModelCard(f"---\n{yaml.safe_dump(index)}---\n# new\n")
    assert card.data.eval_results is not None


def test_export_writes_files_that_are_read_back(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for form in ("lm-eval", "inspect"):
        for model in ("old", "new"):
            assert harness(["export", str(run.folder), model, "--to", form, "--out", str(tmp_path / form / model)]) == 0
        paths = [tmp_path / form / model / ("sums.json" if form == "inspect" else "") for model in ("old", "new")]
        again = tmp_path / f"again-{form}"
        named = [f"{model}={path}" for model, path in zip(("old", "new"), paths, strict=True)]
        assert harness(["import", form, *named, "--out", str(again)]) == 0
        before, after = ({(f.model, f.metric): f.value for f in r.results.figures} for r in (run, Run.open(again)))
        assert after == pytest.approx(before)
        assert [d.pairs for d in Run.open(again).comparison.differences] == [12, 12, 12]
    capsys.readouterr()
    assert harness(["export", str(run.folder), "new", "--to", "inspect"]) == 2
    assert "name a folder with --out" in capsys.readouterr().err
    assert harness(["export", str(run.folder), "new", "--to", "model-index"]) == 0
    assert yaml.safe_load(capsys.readouterr().out.strip().strip("-"))["model-index"][0]["name"] == "new"
    assert harness(["export", str(run.folder), "newer", "--to", "lm-eval"]) == 2
    assert "did you mean 'new'" in capsys.readouterr().err


def test_trackers_receive_every_figure(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mlflow = pytest.importorskip("mlflow")
    pytest.importorskip("wandb")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri(tmp_path.as_uri())
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_DIR", str(tmp_path))
    monkeypatch.setenv("WANDB_SILENT", "true")
    for form in ("mlflow", "wandb"):
        assert harness(["export", str(run.folder), "new", "--to", form, "--project", "p"]) == 0
    (logged,) = mlflow.search_runs(experiment_names=["p"], output_format="list")
    assert logged.data.metrics.items() >= tracked(run.results, "new").items()
    assert list((tmp_path / "wandb").glob("offline-run-*"))
