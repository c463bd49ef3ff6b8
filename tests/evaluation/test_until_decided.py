"""``harness run --until-decided``: on the reference model and its own tasks, from the command line to the verdict."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from safetensors.torch import load_file, save_file

import harness
from harness.cli.main import run as command
from harness.evaluation import load_suite
from harness.gate import until_decided
from harness.records import InputError
from harness.tasks import find_tasks
from tests.packs import word_rows, write_pack, write_suite

LIMIT = 100
TASKS = ["sentiment", "topic", "translation"]
GATE = [
    {"tasks": ["sentiment", "topic"], "metric": "accuracy", "rule": "no_worse", "than": "base", "margin": 0.1},
    {"tasks": "translation", "metric": "chrf", "rule": "no_worse", "than": "base", "margin": 5},
]


@pytest.fixture(scope="module")
def suite(make_adapter: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One candidate that hardly moves the base, and one that is broken."""
    broken = make_adapter("broken")
    folder = tmp_path_factory.mktemp("sequential")
    scaled(broken, folder / "faint", 0.02)
    adapters = {"faint": folder / "faint", "broken": scaled(broken, folder / "broken", 4.0)}
    return write_suite(folder, adapters, tasks=TASKS, limit=LIMIT, gate=GATE)


def scaled(adapter: Path, out: Path, factor: float) -> Path:
    out.mkdir()
    (out / "adapter_config.json").write_text((adapter / "adapter_config.json").read_text())
    tensors = load_file(adapter / "adapter_model.safetensors")
    tensors = {name: tensor * (factor if "lora_B" in name else 1.0) for name, tensor in tensors.items()}
    save_file(tensors, out / "adapter_model.safetensors")
    return out


def run(suite: Path, out: Path) -> int:
    return command(["run", str(suite), "--out", str(out), "--until-decided", "--quiet"])


@pytest.fixture(scope="module")
def finished(suite: Path) -> Path:
    assert run(suite, suite.parent / "run") == 1
    return suite.parent / "run"


def test_clear_cases_are_decided_with_less_than_half_of_the_samples(finished: Path) -> None:
    done = harness.Run.open(finished)
    assert done.verdict.candidates == {"faint": "pass", "broken": "fail"}
    tasks = {task["name"]: task for task in done.manifest["tasks"]}
    for name in ("sentiment", "topic"):
        looks = tasks[name]["looks"]
        assert looks[0] == 32 and looks == sorted(set(looks)) and looks[-1] == tasks[name]["samples"]
        assert tasks[name]["samples"] <= LIMIT / 2 and tasks[name]["available"] == LIMIT
    assert tasks["translation"]["samples"] == LIMIT and "looks" not in tasks["translation"]
    assert tasks["translation"]["whole"] == "chrf: no mean of bounded values"
    asked = done.samples().groupby(["task", "model"]).size()
    assert asked["sentiment"].nunique() == 1, "all models are asked the same samples"
    rules = {(rule.candidate, rule.task): rule for rule in done.verdict.rules}
    assert "betting confidence sequence" in rules["faint", "topic"].evidence
    assert rules["faint", "translation"].taken is None
    assert rules["broken", "sentiment"].taken == tasks["sentiment"]["samples"]
    assert "samples taken" in (finished / "report.md").read_text()


def test_the_gate_decides_again_by_the_same_evidence(finished: Path, tmp_path: Path) -> None:
    before = (finished / "verdict.json").read_bytes()
    assert harness.gate_run(finished).decision == "fail"
    assert (finished / "verdict.json").read_bytes() == before
    policy = tmp_path / "policy.yaml"
    policy.write_text(yaml.safe_dump({"policy": "p", "rules": [{"tasks": "topic", "rule": "no_worse", "margin": 0.2}]}))
    verdict = harness.gate_run(finished, policy)
    assert {rule.decision for rule in verdict.rules} == {"unavailable"}, "macro-F1 was not watched"
    (finished / "verdict.json").write_bytes(before)


class Killed(Exception):
    """Stands for a kill: nothing is tidied up."""


def test_a_run_killed_between_two_looks_goes_on_to_the_same_stop_and_the_same_bytes(
    suite: Path, finished: Path, tmp_path: Path
) -> None:
    loaded, out = load_suite(suite), tmp_path / "torn"

    def kill_in(look: str, after: int) -> Any:
        def progress(stage: str, done: int, total: int) -> None:
            if stage.endswith(look) and done >= after:
                raise Killed

        return progress

    for look, after in (("look 1", 100), ("look 2", 0)):
        with pytest.raises(Killed):
            harness.evaluate(loaded, out, referee=until_decided(loaded), progress=kill_in(look, after))
        assert json.loads((out / "manifest.json").read_text())["state"] == "running"
    harness.compare(harness.evaluate(loaded, out, referee=until_decided(loaded)))
    for name in ("results.json", "comparison.json"):
        assert (out / name).read_bytes() == (finished / name).read_bytes()


def test_samples_come_in_an_order_drawn_by_the_seed(finished: Path) -> None:
    taken = harness.Run.open(finished).samples()
    topic = taken[(taken["task"] == "topic") & (taken["model"] == "base")]
    (task,) = find_tasks(["topic"], folder=Path())
    assert list(topic["key"]) == [sample.key for sample in task.samples(len(topic), seed=0)]


def test_rules_that_cannot_be_decided_take_every_sample(tmp_path: Path, make_adapter: Any) -> None:
    write_pack(tmp_path, "words", word_rows(40))
    rule = {"tasks": "words", "rule": "no_worse", "than": "base", "margin": 0.001}
    path = write_suite(tmp_path, {"tuned": make_adapter("tuned")}, gate=[rule])
    assert run(path, tmp_path / "run") == 4
    verdict = harness.Run.open(tmp_path / "run").verdict
    assert (verdict.rules[0].taken, verdict.rules[0].available) == (40, 40)
    assert "more samples would decide it" in verdict.rules[0].evidence


def test_without_rules_there_is_nothing_to_decide(tmp_path: Path) -> None:
    write_pack(tmp_path, "words", word_rows(4))
    with pytest.raises(InputError, match="nothing can be decided without rules"):
        until_decided(load_suite(write_suite(tmp_path)))
