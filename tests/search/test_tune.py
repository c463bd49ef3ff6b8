"""Real searches: they go on after a kill as if there had been none, and the best is held to samples nobody chose by."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.models.weights import file_hash
from harness.records import InputError, RunError, Unavailable
from harness.records.search import Search, TrialRow
from harness.runs import Run
from harness.search.study import only_search_in, open_study, study_errors
from harness.search.trial import model_name
from harness.search.tune import tune
from harness.training import train
from harness.training.recipes.tuning import Tuning

Write = Callable[..., Path]
GATE = [{"tasks": "words", "rule": "no_worse", "than": "base", "margin": 0.5}]


def told(search: Search) -> list[tuple[Any, ...]]:
    """What must not depend on when a search was killed."""
    return [
        (row.number, row.state, sorted(row.values.items()), row.quality and row.quality.score.value)
        for row in search.trials
    ]


def keys(frame: Any, task: str) -> set[str]:
    return set(frame[frame["task"] == task]["key"])


def test_the_best_is_trained_measured_on_fresh_samples_and_ready_to_train_again(recipe: Write, tmp_path: Path) -> None:
    found = tune(recipe(), tmp_path / "out", trials=1)
    assert [row.state for row in found.trials] == ["complete"] and found.best == 0
    seen, fresh = (Run.open(tmp_path / "out" / name).samples() for name in ("trials/0000/run", "confirmation"))
    for task, count in (("sums", 24), ("words", 16)):
        ours, theirs = keys(seen, task), keys(fresh, task)
        assert ours and theirs and not ours & theirs and len(ours | theirs) == count
    confirmed = found.confirmation(found.best)
    assert confirmed is not None and confirmed.samples == len(keys(fresh, "sums"))
    again = train(tmp_path / "out/best/recipe.yaml", tmp_path / "again")
    weights = "adapter_model.safetensors"
    assert file_hash(again.folder / weights) == file_hash(tmp_path / "out/best/adapter" / weights)
    assert Search.model_validate_json((tmp_path / "out/tune.json").read_text()) == found


def test_the_base_is_asked_each_prompt_and_each_warning_is_said_once_for_all_trials(
    recipe: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from harness.engines.transformers import TransformersEngine

    asked: list[Any] = []
    answer = TransformersEngine.answer

    def counted(self: Any, requests: Any, known: Any = frozenset()) -> Any:
        asked.extend(one for one in requests if one not in known and one.model == "base")
        return answer(self, requests, known)

    monkeypatch.setattr(TransformersEngine, "answer", counted)
    said: list[str] = []
    tune(recipe(), tmp_path / "out", warn=said.append)
    assert said and len(said) == len(set(said)), "what every trial would say of the data is said once"
    answered = Run.open(tmp_path / "out/trials/0001/run").samples()
    assert len(asked) == len(set(asked)) >= (answered["model"] == "base").sum() > 0


@pytest.mark.slow
def test_a_search_killed_in_a_trial_makes_the_trials_of_one_that_was_not(recipe: Write, tmp_path: Path) -> None:
    path = recipe({"seed": 3}, schedule={"max_steps": 40, "batch_size": 4, "save_every": 5})
    whole = tune(path, tmp_path / "whole")
    torn = tmp_path / "torn"
    command = [sys.executable, "-m", "harness", "tune", str(path), "--out", str(torn), "--quiet"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    partial = torn / "trials" / "0001" / ".adapter.partial"
    while not list(partial.glob("checkpoint-*/complete")) and process.poll() is None:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (torn / "tune.json").exists(), "killed too late to be a test"
    found = tune(path, torn)
    assert told(found) == told(whole) and len(found.trials) == 2
    resumed = json.loads((torn / "trials/0001/adapter/training.json").read_text())["resumed_from_step"]
    assert resumed >= 5


def test_a_trial_that_falls_behind_is_pruned_and_leaves_no_half_training(recipe: Write, tmp_path: Path) -> None:
    rates = [0.02, 0.021, 0.022, 1.0e-7]
    path = recipe(
        {"ranges": {"schedule.learning_rate": rates}, "sampler": "grid", "pruner": "median", "trials": 4},
        evaluation={"fraction": 0.3, "every": 2},
        schedule={"max_steps": 12, "batch_size": 4},
    )
    found = tune(path, tmp_path / "out")
    *_, last = sorted(found.trials, key=lambda row: row.values["schedule.learning_rate"] == 1.0e-7)
    assert last.number == 3, "two trials must be whole before the pruner judges"
    assert last.state == "pruned" and "fell behind" in last.reason and 0 < last.steps < 12
    home = tmp_path / "out" / "trials" / f"{last.number:04d}"
    assert (home / "recipe.yaml").is_file()
    assert not any((home / left).exists() for left in (".adapter.partial", "adapter", "run"))


def test_a_grid_is_walked_through_and_a_trial_that_breaks_is_a_row_of_it(recipe: Write, tmp_path: Path) -> None:
    ranges = {"method.target_modules": ["all-linear", "no_such_module"]}
    found = tune(recipe({"ranges": ranges, "sampler": "grid", "trials": 9}), tmp_path / "out")
    assert len(found.trials) == 2
    states = {row.values["method.target_modules"]: row for row in found.trials}
    assert states["all-linear"].state == "complete"
    assert states["no_such_module"].state == "failed" and "no_such_module not found" in states["no_such_module"].reason


def test_two_goals_give_a_front_and_all_of_it_is_confirmed(recipe: Write, tmp_path: Path) -> None:
    found = tune(recipe({"against": "forgetting", "sampler": "nsga2", "gate": GATE}), tmp_path / "out")
    assert found.best in found.front and {one.number for one in found.confirmed} == set(found.front)
    assert all(one.quality.verdict for one in found.confirmed)
    one, scores = found.trials[0].quality, Run.open(tmp_path / "out/trials/0000/run").scores()
    mean = scores[scores["metric"] == "accuracy"].groupby("model")["value"].mean()
    assert one and one.forgetting and one.forgetting.value == pytest.approx(100 * (mean["base"] - mean["trial-0000"]))
    assert one.gain.value == pytest.approx(one.score.value - one.base.value)


def test_where_every_trial_fails_the_gate_none_is_the_best(recipe: Write, tmp_path: Path) -> None:
    impossible = [{"tasks": "sums", "metric": "exact_match", "rule": "at_least", "value": 0.9}]
    found = tune(recipe({"gate": impossible, "subject_to": "gate"}), tmp_path / "out", trials=1)
    assert found.best is None and not found.confirmed and not (tmp_path / "out/best").exists()
    assert all(row.quality and row.quality.failed_rules for row in found.trials)


def test_a_search_without_a_single_whole_trial_says_why(recipe: Write, tmp_path: Path) -> None:
    ranges = {"method.target_modules": ["no_such_module"]}
    with pytest.raises(RunError, match=r"no trial was completed: .*no_such_module not found"):
        tune(recipe({"ranges": ranges, "trials": 1}), tmp_path / "out")


def test_a_finished_search_goes_on_with_more_trials_and_is_not_mixed_with_another(
    recipe: Write, tmp_path: Path
) -> None:
    path, out = recipe({"sampler": "random"}), tmp_path / "out"
    first = told(tune(path, out, trials=1))
    more = told(tune(path, out, trials=2))
    assert more[:1] == first and len(more) == 2
    with only_search_in(out), pytest.raises(InputError, match="another search is at work here"):
        tune(path, out)
    with pytest.raises(InputError, match="holds a search of another recipe"):
        tune(recipe({"seed": 5}), out, trials=1)


@pytest.mark.parametrize(
    ("tune_section", "more", "line"),
    [
        ({"objective": "sum"}, {}, r"tune.objective: no task 'sum' in the suite; did you mean 'sums'\?"),
        ({"objective": "sums/chr"}, {}, r"task 'sums' has no metric 'chr'; did you mean 'chrf'\?"),
        ({"tasks": ["./sums"], "against": "forgetting"}, {}, "the suite has no probe; add a task tagged forgetting"),
        ({"tasks": ["./none"]}, {}, "none"),
        ({"tasks": None, "suite": "absent.yaml"}, {}, "absent.yaml: no such file"),
        ({"pruner": "median"}, {}, "set evaluation.fraction and evaluation.every"),
        ({"gate": [{"tasks": "wrds", "rule": "better"}]}, {}, "no task matches 'wrds'; did you mean 'words'"),
        ({}, {"plain": True}, "the recipe has no tune section"),
    ],
)
def test_what_cannot_be_searched_is_refused_before_the_first_training(
    recipe: Write, tmp_path: Path, tune_section: dict[str, Any], more: dict[str, Any], line: str
) -> None:
    with pytest.raises(InputError, match=line):
        tune(recipe(tune_section, **more), tmp_path / "out")
    assert not (tmp_path / "out" / "trials").exists()


def test_without_optuna_the_extra_is_named(recipe: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(Unavailable, match=r"adapter-harness\[tune\]"):
        tune(recipe(), tmp_path / "out")


def test_whole_models_are_searched_and_only_one_that_may_still_be_chosen_is_kept(recipe: Write, tmp_path: Path) -> None:
    rates = {"schedule.learning_rate": [1.0e-5, 0.01, 1.0e-6]}
    path = recipe({"ranges": rates, "sampler": "grid", "trials": 3, "gate": GATE}, method={"kind": "full"})
    found, out = tune(path, tmp_path / "out"), tmp_path / "out"
    assert [row.state for row in found.trials] == ["complete"] * 3 and found.best is not None
    assert [one.parent.name for one in out.glob("trials/*/model")] == [f"{found.best:04d}"]
    name = model_name(found.best)
    seen, fresh = (Run.open(out / run) for run in (f"trials/{found.best:04d}/run-{name}", f"confirmation-{name}"))
    assert not keys(seen.samples(), "sums") & keys(fresh.samples(), "sums")
    best, values = found.confirmation(found.best), fresh.scores()
    mine = values[(values["task"] == "words") & (values["metric"] == "accuracy")]["value"].mean()
    base = Run.open(out / "confirmation").scores()
    theirs = base[(base["task"] == "words") & (base["metric"] == "accuracy")]["value"].mean()
    assert best and best.verdict and best.forgetting
    assert best.forgetting.value == pytest.approx(100 * (theirs - mine))
    again = train(out / "best/recipe.yaml", tmp_path / "again")
    assert file_hash(again.folder / "model.safetensors") == file_hash(out / "best/model/model.safetensors")


def test_a_study_locked_in_mid_search_is_one_line_and_the_search_goes_on(
    recipe: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.search.study._LOCKED", 0.1)
    path, out = recipe({"sampler": "random"}), tmp_path / "out"
    whole, other = tune(path, tmp_path / "whole"), sqlite3.connect(":memory:")

    def lock(row: TrialRow) -> None:
        nonlocal other
        other = sqlite3.connect(out / "study.sqlite")
        other.execute("BEGIN EXCLUSIVE")

    with pytest.raises(RunError, match=r"study.sqlite: .*database is locked.*the same command goes on"):
        tune(path, out, tell=lock)
    other.close()
    assert told(tune(path, out)) == told(whole)


def test_what_the_machine_refuses_is_no_failed_trial(recipe: Write, tmp_path: Path) -> None:
    path, out = recipe(), tmp_path / "out"
    (out / "answers.sqlite").mkdir(parents=True)
    with pytest.raises(RunError, match=r"^\S+answers.sqlite: the store of answers cannot be opened"):
        tune(path, out)
    (out / "answers.sqlite").rmdir()
    assert [row.state for row in tune(path, out, trials=1).trials] == ["complete"]


@pytest.mark.parametrize("left", [0.0, 0.5])
def test_of_a_study_that_was_cut_off_what_is_trained_is_taken_over(recipe: Write, tmp_path: Path, left: float) -> None:
    path, out = recipe({"sampler": "random"}), tmp_path / "out"
    whole, study = told(tune(path, out, trials=1)), out / "study.sqlite"
    record = out / "trials/0000/adapter/training.json"
    trained = record.stat().st_mtime_ns
    study.write_bytes(study.read_bytes()[: int(left * study.stat().st_size)])
    if left:
        with pytest.raises(RunError, match=r"study.sqlite: .*malformed.*delete this file"):
            tune(path, out, trials=1)
        study.unlink()
    assert told(tune(path, out, trials=1)) == whole and record.stat().st_mtime_ns == trained


@pytest.mark.parametrize("mine", ["best/adapter", "trials/0000/model"])
def test_what_is_not_of_a_search_is_neither_replaced_nor_removed(recipe: Write, tmp_path: Path, mine: str) -> None:
    (tmp_path / "out" / mine).mkdir(parents=True)
    (tmp_path / "out" / mine / "mine.txt").write_text("of months")
    with pytest.raises(InputError, match="which is not from a search"):
        tune(recipe({"trials": 1}), tmp_path / "out")
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == [tmp_path / "out" / mine / "mine.txt"]


def test_an_adapter_of_another_recipe_is_not_taken_for_the_trials(recipe: Write, tmp_path: Path) -> None:
    out, plain = tmp_path / "out", {"ranges": {"method.r": [2]}, "trials": 1}
    tune(recipe(plain), out)
    (out / "study.sqlite").unlink()
    other = recipe(plain, seed=7)
    tune(other, out)
    assert json.loads((out / "trials/0000/adapter/training.json").read_text())["recipe"]["seed"] == 7


PLAIN = Tuning(ranges={"method.r": [1, 2]}, tasks=["a"], objective="a")


@pytest.mark.parametrize("name", ["a?b", "a%20b", "a#b", "{a}"])
def test_a_study_lies_in_its_folder_whatever_that_is_called(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    open_study(tmp_path / name, PLAIN, "id", maximize=True)
    assert [path.name for path in (tmp_path / name).iterdir()] == ["study.sqlite"]
    assert open_study(tmp_path / name, PLAIN, "id", maximize=True).user_attrs == {"identity": "id"}


def test_a_study_that_is_none_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "study.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(RunError, match=r"study.sqlite: .*not a database.*delete this file"), study_errors(tmp_path):
        open_study(tmp_path, PLAIN, "id", maximize=True)
