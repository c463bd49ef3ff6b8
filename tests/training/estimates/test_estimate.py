"""Estimates hold what a training then takes: parameters and steps to the last one, memory within what is said."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.records import InputError, RunError
from harness.training import read_recipe, train
from harness.training.alone import Heard
from harness.training.estimates.available_memory import available_memory
from harness.training.estimates.estimate import estimate
from harness.training.estimates.memory import Batch, Blueprint, Form
from harness.training.estimates.memory_advice import memory_advice, ran_out
from harness.training.estimates.time_taken import calibration
from harness.training.recipes.explain import METHODS
from harness.training.rows.prepare import prepare

Write = Callable[..., Path]
ROWS = [{"prompt": f"The colour of box {i}:", "response": "a very bright green"} for i in range(16)]
PAIRS = [{"prompt": f"Box {i}?", "chosen": "a very bright green", "rejected": "dull"} for i in range(16)]
SCHEDULE = {"max_steps": 10, "batch_size": 2}


def blueprint(recipe: Path) -> Blueprint:
    read = read_recipe(recipe)
    return Blueprint(prepare(read, recipe.parent).base, read, steps=10)


@pytest.mark.parametrize("kind", METHODS)
def test_parameters_steps_and_tokens_are_those_of_the_training(
    write: Write, chat_model: Path, tmp_path: Path, kind: str
) -> None:
    if kind == "qlora":
        pytest.importorskip("bitsandbytes", reason="4-bit training needs the extra quant")
    recipe = write(chat_model, ROWS, method={"kind": kind}, schedule=SCHEDULE)
    said = estimate(read_recipe(recipe), tmp_path, measure=False)
    made = json.loads((train(recipe, tmp_path / kind).folder / "training.json").read_text())
    found = (made["trained_parameters"], made["steps"], made["tokens"], made["dtype"])
    assert found == (said.trained, said.steps, said.tokens, said.dtype)
    assert said.memory.activations > 0 and said.fits and said.seconds is None


@pytest.mark.parametrize("evaluation", [{}, {"every": 3}, {"every": 5}, {"keep_best": True}])
def test_the_held_out_loss_is_measured_as_often_as_is_said(
    write: Write, chat_model: Path, tmp_path: Path, evaluation: dict[str, Any]
) -> None:
    recipe = write(chat_model, ROWS, schedule=SCHEDULE, evaluation={"fraction": 0.5} | evaluation)
    said = estimate(read_recipe(recipe), tmp_path, measure=False)
    lines = (train(recipe, tmp_path / "made").folder / "metrics.jsonl").read_text().splitlines()
    assert said.measurements == sum("held_out_loss" in json.loads(line) for line in lines)


def test_the_weights_that_start_from_the_base_need_not_be_read(write: Write, chat_model: Path) -> None:
    plain, pissa = (
        blueprint(write(chat_model, method={"kind": "lora", "r": 4, "init": init})) for init in ("default", "pissa")
    )
    assert plain.trained == pissa.trained > 0


def test_memory_follows_batch_checkpointing_number_format_and_4_bit(write: Write) -> None:
    shape = blueprint(write("reference", ROWS))  # type: ignore[arg-type]

    def memory(sequences: int = 8, dtype: str = "float32", checkpointing: bool = False, four_bit: bool = False) -> Any:
        return shape.memory(Form(Batch(sequences, 100), dtype, "cpu", checkpointing, four_bit))

    plain = memory()
    assert plain.weights == 4 * shape.base_parameters and plain.optimizer == 2 * plain.gradients
    assert memory(dtype="bfloat16").weights == plain.weights / 2
    assert memory(four_bit=True).weights < plain.weights / 2
    assert memory(checkpointing=True).activations < plain.activations / 2
    assert 1.8 < memory(16).activations / plain.activations < 2.1
    assert plain.total == pytest.approx(sum(v for name, v in plain.to_json().items() if name != "total"))


def test_modelled_activations_are_what_autograd_keeps(write: Write) -> None:
    """Against torch's own account of what a real forward pass saves for the backward pass."""
    import torch
    from peft import get_peft_model
    from transformers import AutoModelForCausalLM

    recipe = write("reference", ROWS)  # type: ignore[arg-type]
    read = read_recipe(recipe)
    base = prepare(read, recipe.parent).base
    shape = Blueprint(base, read, steps=10)
    model: Any = AutoModelForCausalLM.from_pretrained(base.folder, dtype=torch.float32)
    model.config.use_cache = False
    model = get_peft_model(model, read.method.config(steps=10, accumulation=1)).train()  # type: ignore[union-attr]
    own = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    kept: dict[int, int] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    ids = torch.zeros(8, 100, dtype=torch.long)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = model(input_ids=ids, attention_mask=torch.ones_like(ids), labels=ids).loss
    modelled = shape.memory(Form(Batch(8, 100), "float32", "cpu", checkpointing=False, four_bit=False))
    assert sum(kept.values()) <= modelled.activations <= 1.6 * sum(kept.values()), loss


def test_preferences_take_two_sequences_a_row(write: Write, chat_model: Path, tmp_path: Path) -> None:
    recipe = write(chat_model, PAIRS, objective={"kind": "dpo"}, schedule=SCHEDULE)
    said = estimate(read_recipe(recipe), tmp_path, measure=False)
    assert said.batch.sequences == 4 and said.objective == "dpo"
    supervised = write(chat_model, ROWS, schedule=SCHEDULE)
    assert said.memory.activations > estimate(read_recipe(supervised), tmp_path, measure=False).memory.activations


def test_time_comes_from_real_steps_and_so_does_the_memory_beside_it(
    write: Write, chat_model: Path, tmp_path: Path
) -> None:
    recipe = write(chat_model, ROWS, schedule={"max_steps": 500, "batch_size": 2}, evaluation={"fraction": 0.3})
    said = estimate(read_recipe(recipe), tmp_path)
    assert said.calibration is not None, said.unmeasured
    measured = said.calibration
    assert 2 <= measured.steps <= 9 and measured.memory > 100 * 2**20
    assert 0 < measured.slowest <= measured.speed <= measured.fastest
    least = measured.seconds(said.tokens, measured.speed)
    assert said.seconds_range and said.seconds and said.seconds_range[0] <= said.seconds <= said.seconds_range[1]
    assert said.seconds > least > measured.start_seconds + measured.end_seconds > measured.start_seconds
    assert not list(tmp_path.glob("**/*.partial")) and not (tmp_path / "out").exists()


def test_one_step_that_stalled_and_the_start_are_not_taken_for_the_pace() -> None:
    """Ten steps of a second and 100 tokens, the first after half a minute, of which another took 20 seconds."""
    ends = [30.0 + i + (19 if i > 4 else 0) for i in range(10)]
    heard = [Heard(i + 1, 10, 100 * (i + 1), at, 2**30, "process") for i, at in enumerate(ends)]
    found = calibration([*heard, Heard(10, 10, 1000, ends[-1] + 2, 2**30, "process", saved=True)])
    assert (found.speed, found.step_seconds, found.slowest) == (100, 1, 5)
    assert found.seconds(50_000, found.speed) == 30 + 499 + 2
    assert found.seconds(100, found.speed) == 30 + 2


def test_a_method_that_does_not_fit_the_base_is_refused(write: Write, chat_model: Path, tmp_path: Path) -> None:
    recipe = write(chat_model, method={"kind": "lora", "target_modules": ["absent"]})
    with pytest.raises(InputError, match="target_modules"):
        estimate(read_recipe(recipe), tmp_path, measure=False)


def test_what_does_not_fit_names_what_would(
    write: Write, chat_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = write(chat_model, ROWS, schedule={"max_steps": 10, "batch_size": 4096})
    needed = estimate(read_recipe(recipe), tmp_path, measure=False).memory.total
    monkeypatch.setattr("harness.training.estimates.estimate.available_memory", lambda device: int(0.7 * needed))
    said = estimate(read_recipe(recipe), tmp_path)
    assert not said.fits and said.seconds is None and said.unmeasured == "it does not fit here"
    fitting = [one.change for one in said.choices if one.memory.total <= said.available]
    assert "batch_size: 1, gradient_accumulation: 4096" in fitting and "r: 4" not in fitting


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(12, "Cannot allocate memory"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:132] DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("std::bad_alloc"),
    ],
)
def test_every_way_to_run_out_of_memory_ends_in_advice(write: Write, chat_model: Path, error: Exception) -> None:
    recipe = write(chat_model, ROWS, schedule={"max_steps": 10, "batch_size": 2048})
    prepared = prepare(read_recipe(recipe), recipe.parent)
    says = r"out of memory: about .* GiB are needed .* would fit: \{batch_size"
    with pytest.raises(RunError, match=says) as caught, memory_advice(prepared):
        raise error
    assert "\n" not in str(caught.value)


def test_other_errors_are_left_alone() -> None:
    assert not ran_out(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    assert not ran_out(OSError(28, "No space left on device"))


def test_limits_of_the_process_count_as_memory_that_is_not_there() -> None:
    assert 0 < available_memory("cpu") < 2**50
