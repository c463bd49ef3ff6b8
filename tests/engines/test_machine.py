"""The doctor's findings: memory held against a loaded model, and what is said without a GPU."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from harness.engines import EngineSettings, chosen_kind
from harness.engines.machine import find_vllm, look_around
from harness.engines.memory import cache_bytes_per_token, estimate_memory
from harness.models import resolve_adapter, resolve_base
from harness.records import InputError

GIB = 2**30


def test_weights_and_adapters_are_those_of_the_loaded_model(
    base_folder: Path, make_adapter: Callable[..., Path]
) -> None:
    from safetensors.torch import load_file

    folder = make_adapter("counted")
    need = estimate_memory(resolve_base(str(base_folder)), "float32", [resolve_adapter(str(folder))])
    model = AutoModelForCausalLM.from_pretrained(base_folder, dtype=torch.float32)
    held = sum(parameter.numel() * parameter.element_size() for parameter in model.parameters())
    adapter = sum(t.numel() * 4 for t in load_file(folder / "adapter_model.safetensors").values())
    assert need.parameters == sum(parameter.numel() for parameter in model.parameters())
    assert need.weights == pytest.approx(held / GIB, abs=1e-3)
    assert need.adapters == pytest.approx(adapter / GIB, abs=1e-3)
    assert need.total == pytest.approx(1.1 * (need.weights + need.adapters + need.cache), abs=2e-3)


def test_a_tokens_cache_is_what_the_model_caches(base_folder: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(base_folder, dtype=torch.float32)
    cache = model(torch.ones(1, 10, dtype=torch.long), use_cache=True).past_key_values
    held = sum(part.numel() * 4 for layer in cache.layers for part in (layer.keys, layer.values))
    assert cache_bytes_per_token(resolve_base(str(base_folder)), 4.0) == held / 10


def test_four_bits_shrink_linear_layers_alone(base_folder: Path) -> None:
    base = resolve_base(str(base_folder))
    full, half, small = (estimate_memory(base, dtype) for dtype in ("float32", "bfloat16", "nf4"))
    assert half.weights == pytest.approx(full.weights / 2, abs=1e-3)
    assert small.weights < half.weights
    with pytest.raises(InputError, match="unknown dtype 'int3'"):
        estimate_memory(base, "int3")


def test_more_adapters_need_more(base_folder: Path) -> None:
    base = resolve_base(str(base_folder))
    none, many = (estimate_memory(base, "float32", extra_adapters=count, rank=64) for count in (0, 100))
    assert none.adapters == 0 < many.adapters and many.total > none.total


def test_what_is_said_of_this_machine_is_so() -> None:
    machine = look_around()
    assert machine.packages["torch"] == torch.__version__
    assert bool(machine.gpus) == torch.cuda.is_available()
    assert machine.auto == chosen_kind(EngineSettings())
    assert 0 < machine.available <= machine.memory
    if not machine.gpus:
        assert machine.auto == "transformers" and "no GPU" in machine.why


@pytest.mark.vllm
def test_vllm_is_found_by_its_module_and_its_device_is_right() -> None:
    vllm = pytest.importorskip("vllm")
    from harness.engines.vllm.start import on_cpu

    found = find_vllm()
    assert found and found.version.split("+")[0] in vllm.__version__
    assert (found.device == "cpu") == on_cpu()
