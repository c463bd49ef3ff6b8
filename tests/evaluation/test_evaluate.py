"""A suite becomes a run: every sample of every task put to every model, scored and written."""

import json
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file

import harness
from harness.evaluation import load_suite, rescore
from harness.evaluation.plan import make_plan
from harness.models import Model, resolve_base
from harness.records import InputError
from harness.tasks import find_tasks
from tests.engines.plain import PlainLoop
from tests.packs import word_rows, write_pack, write_suite


@pytest.fixture(scope="module")
def adapter(make_adapter: Any) -> Path:
    return Path(make_adapter("acting"))


def renamed(adapter: Path, folder: Path, *, random_start: bool = False) -> Path:
    folder.mkdir()
    config = json.loads((adapter / "adapter_config.json").read_text())
    config["init_lora_weights"] = not random_start
    (folder / "adapter_config.json").write_text(json.dumps(config))
    tensors = load_file(adapter / "adapter_model.safetensors")
    moved = {name.replace(".model.layers.", ".wrapped.layers."): tensor for name, tensor in tensors.items()}
    save_file(moved, folder / "adapter_model.safetensors")
    return folder


def test_a_run_holds_every_sample_of_every_model_and_what_it_said(tmp_path: Path, adapter: Path) -> None:
    write_pack(tmp_path, "words", word_rows(5))
    choices = {"output": "multiple_choice", "choices": ["{{ label }}", "zebra"], "metrics": ["accuracy"]}
    write_pack(tmp_path, "choice", word_rows(4), **choices)
    suite = write_suite(tmp_path, {"tuned": adapter}, tasks=["./words", "./choice"])
    run = harness.evaluate(suite, tmp_path / "run")
    frame = run.frame()
    assert frame.groupby(["task", "model"]).size().to_dict() == {
        ("words", "base"): 5,
        ("words", "tuned"): 5,
        ("choice", "base"): 4,
        ("choice", "tuned"): 4,
    }
    base = resolve_base("reference")
    for name, folder in (("base", None), ("tuned", adapter)):
        loop = PlainLoop(base.folder, folder)
        rows = frame[(frame["model"] == name) & (frame["task"] == "words")]
        assert list(rows["text"]) == [loop.text(row["text"], 8).strip() for row in word_rows(5)]


def test_the_same_question_of_two_tasks_is_asked_once(tmp_path: Path) -> None:
    packs = [write_pack(tmp_path, name, word_rows(3)) for name in ("one", "two")]
    tasks = find_tasks([f"./{pack.name}" for pack in packs], folder=tmp_path)
    plan = make_plan(tasks, [Model("base", resolve_base("reference"))], None, 0)
    assert len(plan.questions) == 6 and len(plan.requests) == 3


def test_an_adapter_with_renamed_modules_stops_the_run_before_a_sample_is_spent(tmp_path: Path, adapter: Path) -> None:
    write_pack(tmp_path, "words", word_rows(3))
    suite = write_suite(tmp_path, {"moved": renamed(adapter, tmp_path / "moved")})
    with pytest.raises(InputError, match=r"moved.*changes nothing.*name no module of the base.*wrapped"):
        harness.evaluate(suite, tmp_path / "run")
    assert not (tmp_path / "run" / "samples").exists()


def test_random_weights_in_place_of_renamed_ones_do_not_pass_for_the_adapter(tmp_path: Path, adapter: Path) -> None:
    """PEFT fills modules that no tensor names with initial weights, which are random where the config says so."""
    write_pack(tmp_path, "words", word_rows(3))
    suite = write_suite(tmp_path, {"moved": renamed(adapter, tmp_path / "moved", random_start=True)})
    with pytest.raises(InputError, match=r"moved.*not the one that was trained.*name no module of the base"):
        harness.evaluate(suite, tmp_path / "run")


def test_an_excluded_adapter_leaves_the_others_their_run(tmp_path: Path, adapter: Path) -> None:
    write_pack(tmp_path, "words", word_rows(3))
    adapters = {"tuned": adapter, "moved": renamed(adapter, tmp_path / "moved")}
    run = harness.evaluate(write_suite(tmp_path, adapters, refused="exclude"), tmp_path / "run")
    assert {row["name"]: row["status"] for row in run.manifest["models"]} == {
        "base": "evaluated",
        "tuned": "evaluated",
        "moved": "refused",
    }
    assert set(run.samples()["model"]) == {"base", "tuned"}
    assert run.manifest["liveness"]["moved"]["max_change"] < 1e-3
    assert run.manifest["liveness"]["tuned"]["max_change"] > 0.01


def test_a_second_run_asks_nothing_and_ends_in_the_same_results(tmp_path: Path, adapter: Path) -> None:
    write_pack(tmp_path, "words", word_rows(4))
    suite = write_suite(tmp_path, {"tuned": adapter})
    harness.compare(harness.evaluate(suite, tmp_path / "run"))
    first = (tmp_path / "run" / "results.json").read_bytes()
    seen: list[tuple[str, int, int]] = []
    harness.compare(harness.evaluate(suite, tmp_path / "run", progress=lambda *step: seen.append(step)))
    assert (tmp_path / "run" / "results.json").read_bytes() == first
    assert [done for stage, done, total in seen if stage == "asking the models"] == [8]


def test_a_shared_cache_serves_another_run_of_the_same_weights_only(tmp_path: Path, make_adapter: Any) -> None:
    write_pack(tmp_path, "words", word_rows(4))
    cache = tmp_path / "cache.sqlite"
    harness.evaluate(write_suite(tmp_path, {"tuned": make_adapter("first", seed=1)}), tmp_path / "a", cache=cache)
    seen: list[int] = []

    def watch(stage: str, done: int, total: int) -> None:
        if stage == "asking the models":
            seen.append(done)

    suite = write_suite(tmp_path, {"tuned": make_adapter("second", seed=2)})
    harness.evaluate(suite, tmp_path / "b", cache=cache, progress=watch)
    assert seen[0] == 4, "the base's four answers come from the cache, the new adapter's do not"


def test_scoring_again_gives_the_same_scores(tmp_path: Path) -> None:
    write_pack(tmp_path, "words", word_rows(5), metrics=["exact_match", "bleu", "rougeL"])
    run = harness.evaluate(write_suite(tmp_path), tmp_path / "run")
    before = (run.scores_folder / "words.parquet").read_bytes()
    (run.scores_folder / "words.parquet").unlink()
    rescore(run)
    assert (run.scores_folder / "words.parquet").read_bytes() == before


def test_a_task_taken_out_of_the_suite_leaves_no_scores_behind(tmp_path: Path) -> None:
    for name in ("words", "more"):
        write_pack(tmp_path, name, word_rows(2))
    harness.evaluate(write_suite(tmp_path, tasks=["./words", "./more"]), tmp_path / "run")
    run = harness.evaluate(write_suite(tmp_path, tasks=["./words"]), tmp_path / "run")
    assert set(run.scores()["task"]) == {"words"}


def test_relative_paths_of_a_suite_start_from_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pack(tmp_path / "there", "words", word_rows(2))
    suite = write_suite(tmp_path / "there")
    monkeypatch.chdir(tmp_path)
    assert load_suite(suite).folder == tmp_path / "there"
    assert len(harness.evaluate(suite, tmp_path / "run").samples()) == 2
