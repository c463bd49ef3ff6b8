"""What training asks of a bottleneck adapter beyond what every method must do (`test_methods`)."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from harness.models import Adapter, examine_adapter, resolve_base
from harness.records import InputError
from harness.training import Step, prepare, read_recipe, train

Write = Callable[..., Path]
SCHEDULE = {"max_steps": 4, "batch_size": 4, "learning_rate": 0.01, "warmup": 0}
METHOD = {"kind": "bottleneck", "bottleneck_size": 6}


def trained(recipe: Path, out: Path) -> Adapter:
    made = train(recipe, out)
    assert isinstance(made, Adapter)
    return made


def tensors(adapter: Adapter) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(adapter.folder / "adapter_model.safetensors")


def test_the_object_in_training_switches_its_adapter_off_and_trains_nothing_else(
    write: Write, chat_model: Path
) -> None:
    from transformers import AutoModelForCausalLM

    from harness.training.adapted import trainable_model

    recipe = write(chat_model, method=METHOD)
    prepared = prepare(read_recipe(recipe), recipe.parent)
    model = trainable_model(prepared.base, prepared.recipe, "float32", steps=4).eval()
    ids = torch.tensor([[1, 5, 9, 40, 3]])
    with torch.no_grad():
        bare = AutoModelForCausalLM.from_pretrained(chat_model).requires_grad_(False)(ids).logits
        for name, weight in model.named_parameters():
            assert weight.requires_grad == (".bottleneck_" in name)
            if weight.requires_grad:
                weight.normal_(0, 0.1)
        assert not torch.equal(model(ids).logits, bare)
        with model.disable_adapter():
            assert torch.equal(model(ids).logits, bare)
        assert not torch.equal(model(ids).logits, bare)


def test_checkpointed_gradients_are_the_gradients(write: Write, chat_model: Path, tmp_path: Path) -> None:
    plain = trained(write(chat_model, method=METHOD, schedule=SCHEDULE), tmp_path / "a")
    saving = SCHEDULE | {"gradient_checkpointing": True}
    other = trained(write(chat_model, method=METHOD, schedule=saving), tmp_path / "b")
    for name, tensor in tensors(plain).items():
        assert torch.allclose(tensor, tensors(other)[name], atol=1e-5), name


def test_it_learns_in_16_bit_with_gradients_of_several_batches(write: Write, tmp_path: Path) -> None:
    schedule = SCHEDULE | {"max_steps": 8, "batch_size": 2, "gradient_accumulation": 2}
    recipe = write("reference", method=METHOD, schedule=schedule, dtype="bfloat16")  # type: ignore[arg-type]
    adapter = trained(recipe, tmp_path / "a")
    losses = json.loads((adapter.folder / "training.json").read_text())["losses"]
    assert losses["last_loss"] < 0.8 * losses["first_loss"]
    assert {tensor.dtype for tensor in tensors(adapter).values()} == {torch.float32}


def test_a_checkpoint_holds_the_adapter_and_nothing_of_the_base(write: Write, chat_model: Path, tmp_path: Path) -> None:
    from harness.models.weights import tensor_shapes

    held: list[str] = []

    def look(step: Step) -> None:
        if step.step == 3:
            for path in tmp_path.glob(".a.partial/checkpoint-2/*.safetensors"):
                held.extend(tensor_shapes([path]))

    train(write(chat_model, method=METHOD, schedule=SCHEDULE | {"save_every": 2}), tmp_path / "a", watch=look)
    assert len(held) == 2 * 2 * 4 and all(".bottleneck_" in name for name in held)


def test_what_is_saved_says_where_it_stands_and_how_wide_it_is(write: Write, tmp_path: Path) -> None:
    method = {"kind": "bottleneck", "placement": "pfeiffer"}
    adapter = trained(write("reference", method=method, schedule=SCHEDULE), tmp_path / "a")  # type: ignore[arg-type]
    found = {key: adapter.config[key] for key in ("peft_type", "placement", "bottleneck_size", "target_modules")}
    assert found == {
        "peft_type": "HARNESS_BOTTLENECK",
        "placement": "pfeiffer",
        "bottleneck_size": 192 // 16,
        "target_modules": [f"model.layers.{layer}.mlp" for layer in range(4)],
    }
    assert adapter.config["base_model_name_or_path"] == "reference"
    assert examine_adapter(adapter, resolve_base("reference")) == []


def test_a_base_that_is_not_understood_is_refused_in_one_line(write: Write, chat_model: Path, tmp_path: Path) -> None:
    from transformers import BloomConfig, BloomForCausalLM

    folder = shutil.copytree(chat_model, tmp_path / "bloom")
    sizes: dict[str, Any] = {
        "hidden_size": 32,
        "n_layer": 2,
        "n_head": 2,
        "vocab_size": resolve_base(str(chat_model)).config["vocab_size"],
    }
    BloomForCausalLM(BloomConfig(**sizes)).save_pretrained(folder)
    with pytest.raises(InputError) as caught:
        train(write(folder, method=METHOD, schedule=SCHEDULE), tmp_path / "a")
    assert "bottleneck cannot be put on this base" in str(caught.value) and "\n" not in str(caught.value)
    assert not (tmp_path / "a").exists()
