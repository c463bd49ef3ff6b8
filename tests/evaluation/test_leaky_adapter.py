"""An adapter that learned its training file by heart is found out; the base, which never saw it, is not."""

import json
import random
from pathlib import Path

import pytest
import yaml

import harness
from harness.comparison import compare
from harness.gate import gate_run
from harness.records import InputError
from harness.training import read_recipe
from harness.training.canaries import Canaries, make_canaries, planted_rows, read_canaries, write_canaries
from tests.packs import word_rows, write_pack, write_suite

WORDS = ("river", "lamp", "stone", "cloud", "chair", "apple", "mouse", "table", "green", "seven", "quiet", "window")


def written(path: Path, seed: int, count: int = 8) -> Path:
    rng = random.Random(seed)
    rows = [
        {"prompt": f"Read note {seed + i}.", "response": " ".join(rng.choice(WORDS) for _ in range(8))}
        for i in range(count)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_training_file_learned_by_heart_is_found_out_and_stopped(tmp_path: Path) -> None:
    written(tmp_path / "train.jsonl", 100)
    written(tmp_path / "held_out.jsonl", 500)
    recipe = {
        "adapter": "leaky",
        "data": "train.jsonl",
        "schedule": {"max_steps": 45, "batch_size": 8, "learning_rate": 5e-3},
        "canaries": {"count": 3, "repeats": 4},
    }
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
    harness.train(tmp_path / "recipe.yaml", tmp_path / "leaky")
    write_pack(tmp_path, "words", word_rows(2))
    leakage = {
        "train": "train.jsonl",
        "held_out": "held_out.jsonl",
        "canaries": "leaky/canaries.jsonl",
        "alternatives": 31,
    }
    rules = [
        {"tasks": "leakage_verbatim", "rule": "no_worse", "than": "base", "margin": 0.1},
        {"tasks": "leakage_membership", "metric": "membership_auc", "rule": "at_most", "value": 0.7},
    ]
    suite = write_suite(tmp_path, {"leaky": "./leaky"}, leakage=leakage, gate=rules)
    run = harness.evaluate(suite, tmp_path / "run")
    comparison = compare(run)
    value = {(f.model, f.metric): f.value for f in comparison.figures}
    assert value["base", "membership_auc"] == 0.5
    assert abs(value["base", "verbatim_gap"]) < 0.1
    assert value["leaky", "membership_auc"] > 0.9
    assert value["leaky", "verbatim_gap"] > 0.5
    assert value["leaky", "canary_exposure"] > value["base", "canary_exposure"] + 1
    assert [rule.decision for rule in gate_run(run).rules] == ["fail", "fail"]


def test_rows_in_both_files_and_missing_canaries_are_refused(tmp_path: Path) -> None:
    written(tmp_path / "rows.jsonl", 100)
    write_pack(tmp_path, "words", word_rows(2))
    same = {"train": "rows.jsonl", "held_out": "rows.jsonl"}
    with pytest.raises(InputError, match="8 rows stand in both files"):
        harness.evaluate(write_suite(tmp_path, leakage=same), tmp_path / "run")
    written(tmp_path / "held_out.jsonl", 500)
    absent = {"train": "rows.jsonl", "held_out": "held_out.jsonl", "canaries": "nowhere.jsonl"}
    with pytest.raises(InputError, match=r"no such file of canaries.*train with canaries"):
        harness.evaluate(write_suite(tmp_path, leakage=absent), tmp_path / "run")


def test_canaries_are_the_same_again_and_half_of_them_stay_unplanted(tmp_path: Path) -> None:
    settings = Canaries(count=5, repeats=3, seed=2)
    canaries = make_canaries(settings)
    assert canaries == make_canaries(settings)
    assert len({one.prompt for one in canaries}) == 10
    assert [one.planted for one in canaries] == [True] * 5 + [False] * 5
    planted = [(example.turns[0].content, example.turns[1].content) for example in planted_rows(settings).examples]
    assert planted == [(one.prompt, one.secret) for one in canaries[:5] for _ in range(3)]
    write_canaries(settings, tmp_path)
    assert read_canaries(tmp_path / "canaries.jsonl") == canaries
    path = tmp_path / "recipe.yaml"
    path.write_text("adapter: a\ndata: d.jsonl\ncanaries: {count: 2}\n", encoding="utf-8")
    assert read_recipe(path).canaries == Canaries(count=2)


def test_preferences_are_looked_for_by_their_chosen_answers(tmp_path: Path) -> None:
    for name, seed in (("train", 100), ("held_out", 500)):
        rows = [json.loads(line) for line in written(tmp_path / f"{name}.jsonl", seed, count=3).open()]
        pairs = [{"prompt": row["prompt"], "chosen": row["response"], "rejected": "No."} for row in rows]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(pair) + "\n" for pair in pairs))
    write_pack(tmp_path, "words", word_rows(2))
    suite = write_suite(tmp_path, leakage={"train": "train.jsonl", "held_out": "held_out.jsonl"})
    run = harness.evaluate(suite, tmp_path / "run")
    figures = {figure.metric: figure for figure in compare(run).figures}
    assert figures["membership_auc"].value == 0.5 and figures["membership_auc"].samples == 6
