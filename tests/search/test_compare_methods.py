"""Methods side by side: really trained, one run for all, and a method that fails is a row."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.metrics import build_metric
from harness.records import InputError, RunError
from harness.records.progress import silent
from harness.records.search import Methods
from harness.runs import Run
from harness.search.measured import train_measured
from harness.search.methods import compare_methods, judged
from harness.search.variants import variants
from harness.training import Recipe
from tests.forgotten import base_answers, hot_answers, replayed

Write = Callable[..., Path]
RECIPE = Recipe(adapter="a", data="rows.jsonl", method={"kind": "lora", "r": 4}, schedule={"learning_rate": 0.01})


@pytest.mark.slow
def test_methods_are_trained_measured_in_one_run_and_not_trained_again(recipe: Write, tmp_path: Path) -> None:
    methods = tmp_path / "methods.yaml"
    wrong = "{kind: lora, target_modules: [no_such_module]}"
    methods.write_text(f"methods: {{ia3: {{learning_rate: 0.05}}, full: {{}}, broken: {wrong}}}")
    found = compare_methods(recipe(), str(methods), tmp_path / "out")
    rows = {row.name: row for row in found.rows}
    assert "no_such_module" in rows["broken"].reason and rows["broken"].quality is None
    for name in ("ia3", "full"):
        row = rows[name]
        assert row.quality and row.quality.forgetting and row.groups and row.seconds and row.tokens_per_second
        assert row.peak_memory and row.peak_memory > 100 * 1024**2
    assert (rows["ia3"].parameters or 0) < (rows["full"].parameters or 0)
    assert [len(found.pairs), rows["ia3"].learning_rate] == [1, 0.05]
    models = Run.open(tmp_path / "out/run").manifest["models"]
    assert [model["name"] for model in models] == ["base", "ia3"]
    records = [tmp_path / "out/methods" / name / "adapter/training.json" for name in ("ia3", "full")]
    moments = [path.stat().st_mtime_ns for path in records]
    again = compare_methods(recipe(), str(methods), tmp_path / "out")
    assert again == found
    assert [path.stat().st_mtime_ns for path in records] == moments
    assert Methods.model_validate(json.loads((tmp_path / "out/methods.json").read_text())) == found


def test_a_method_of_another_kind_gets_its_own_usual_rate() -> None:
    made = variants(RECIPE, "lora, ia3")
    assert made["lora"].method == RECIPE.method and made["lora"].learning_rate == 0.01
    assert made["ia3"].schedule.learning_rate is None and made["ia3"].method.kind == "ia3"


@pytest.mark.parametrize(
    ("methods", "line"),
    [
        ("lora,lorra", r"unknown method 'lorra'; did you mean 'lora'\?"),
        ("lora,lora", "a method stands twice"),
        (" , ", "names no method"),
        ("absent.yaml", "absent.yaml: no such file"),
    ],
)
def test_methods_that_are_none_are_refused(methods: str, line: str) -> None:
    with pytest.raises(InputError, match=line):
        variants(RECIPE, methods)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("methods: {a: {kind: lora, rr: 4}}", r"method 'a': .*rr"),
        ("methods: {../a: {kind: lora}}", r"method '../a': adapter"),
        ("methods: {a: {kind: [lora]}}", r"unknown method \['lora'\]"),
        ("methods: {}", "at least 1"),
        ("method: {}", r"unknown key 'method'; did you mean 'methods'\?"),
    ],
)
def test_a_file_of_methods_is_read_strictly(tmp_path: Path, text: str, line: str) -> None:
    (tmp_path / "m.yaml").write_text(text)
    with pytest.raises(InputError, match=line):
        variants(RECIPE, str(tmp_path / "m.yaml"))


def test_a_name_of_the_suite_itself_is_refused_before_anything_is_trained(recipe: Write, tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text("methods: {base: {kind: lora}}")
    with pytest.raises(InputError, match="the suite has a model 'base' of its own"):
        compare_methods(recipe(), str(tmp_path / "m.yaml"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_method_that_the_objective_has_no_number_for_is_a_row_and_not_the_end(tmp_path: Path) -> None:
    run = replayed(tmp_path, {"base": base_answers(), "hot": hot_answers()})
    found, reasons = judged(["hot", "mute"], run.comparison, None, "queues", build_metric("accuracy", ("a", "b")))
    assert list(found) == ["hot"] and reasons == {"mute": "accuracy has no value on queues"}


def test_what_an_earlier_training_cost_is_not_taken_for_this_ones(tmp_path: Path) -> None:
    stale = '{"peak_memory": 1, "memory_of": "process", "tokens_per_second": 1.0}'
    (tmp_path / "cost.json").write_text(stale)
    with pytest.raises(RunError, match="no such data file"):
        train_measured(RECIPE, tmp_path, tmp_path / "adapter", silent, "train")
    assert not (tmp_path / "cost.json").exists()


def test_an_objective_that_does_not_exist_is_said_of_the_option_it_came_from(recipe: Write, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^--objective: task 'sums' has no metric 'chr'; did you mean 'chrf'\?"):
        compare_methods(recipe(), "lora", tmp_path / "out", objective="sums/chr")


def test_without_a_suite_or_a_tune_section_there_is_nothing_to_measure_with(recipe: Write, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing to measure with.*--suite"):
        compare_methods(recipe(plain=True), "lora", tmp_path / "out")
