"""Norms of updates are those of the matrices that PEFT adds to the base's weights."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.models import resolve_adapter
from harness.records import InputError
from harness.registry.norms import by_layer, changes, total

Make = Callable[..., Path]
TARGETS = ["q_proj", "v_proj", "embed_tokens"]


def deltas(base: Path, folder: Path) -> dict[str, Any]:
    """The update of each module, as PEFT computes it."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), folder)
    return {
        name.removeprefix("base_model.model."): module.get_delta_weight("default").detach().double()
        for name, module in model.named_modules()
        if hasattr(module, "get_delta_weight")
    }


def lora(**more: Any) -> Any:
    from peft import LoraConfig

    return LoraConfig(**({"r": 4, "target_modules": TARGETS, "init_lora_weights": False} | more))


def test_norms_are_those_of_pefts_own_matrices(make_adapter: Make, base_folder: Path) -> None:
    one = make_adapter("one", lora(lora_alpha=7, alpha_pattern={"v_proj": 3}), seed=1)
    two = make_adapter("two", lora(r=8, use_rslora=True, rank_pattern={r"layers.1.self_attn.q_proj": 2}), seed=2)
    ours, theirs = deltas(base_folder, one), deltas(base_folder, two)
    found = changes(resolve_adapter(str(one)), resolve_adapter(str(two)))
    assert {change.where for change in found} == set(ours)
    for change in found:
        before, after = ours[change.where], theirs[change.where]
        expected = (before.norm(), after.norm(), (before - after).norm())
        assert (change.before, change.after, change.difference) == pytest.approx([float(x) for x in expected], rel=1e-5)
    layers = by_layer(found)
    assert [layer.where for layer in layers][:3] == ["other", "layer 0", "layer 1"]
    assert total(layers).difference == pytest.approx(total(found).difference)


def test_equal_products_of_other_factors_are_equal(make_adapter: Make, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    one = make_adapter("one", lora(), seed=1)
    two = shutil.copytree(one, tmp_path / "two")
    path = two / "adapter_model.safetensors"
    factor = {"_A": 2.0, "_B": 0.5}
    save_file(
        {n: t * next((f for side, f in factor.items() if side in n), 1) for n, t in load_file(path).items()}, path
    )
    overall = total(changes(resolve_adapter(str(one)), resolve_adapter(str(two))))
    assert overall.relative is not None and overall.relative < 1e-7
    assert total(changes(resolve_adapter(str(one)), resolve_adapter(str(one)))).difference == 0.0


def test_modules_that_only_one_adapter_changes_count_in_full(make_adapter: Make) -> None:
    one, two = make_adapter("one", lora(), seed=1), make_adapter("two", lora(target_modules=["q_proj"]), seed=1)
    found = {change.where: change for change in changes(resolve_adapter(str(one)), resolve_adapter(str(two)))}
    change = found["model.layers.0.self_attn.v_proj"]
    assert change.after == 0.0 and change.difference == change.before > 0 and change.relative == 1.0


def test_another_method_is_compared_tensor_by_tensor_and_two_methods_not_at_all(make_adapter: Make) -> None:
    from peft import IA3Config

    settings = IA3Config(target_modules=["k_proj"], feedforward_modules=[], init_ia3_weights=False)
    one, two = make_adapter("one", settings, seed=1), make_adapter("two", settings, seed=2)
    (first, *_) = changes(resolve_adapter(str(one)), resolve_adapter(str(two)))
    assert "ia3_l" in first.where and first.difference > 0
    with pytest.raises(InputError, match="IA3 and LORA have no common form"):
        changes(resolve_adapter(str(one)), resolve_adapter(str(make_adapter("lora", lora()))))


def test_a_pattern_that_never_ends_is_cut_off(make_adapter: Make) -> None:
    folder = make_adapter("hostile", lora())
    path = folder / "adapter_config.json"
    for pattern, said in ((r"((\w|\.)|(\w|\.)(\w|\.)|(\w|\.){3})*\d", "timed out"), ("(", "cannot be used")):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"alpha_pattern": {pattern: 1}}))
        with pytest.raises(InputError, match=said):
            adapter = resolve_adapter(str(folder))
            changes(adapter, adapter)
