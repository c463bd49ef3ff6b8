"""Bottleneck adapters that act, and what they should say: the same sum written out with hooks, without PEFT."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

NON_LINEARITIES = {"relu": torch.relu, "gelu": functional.gelu, "silu": functional.silu}


def bottleneck_on(model: Any, seed: int = 0, scale: float = 0.05, **settings: Any) -> Any:
    """A bottleneck adapter with random weights on a model of transformers; a PEFT model."""
    from peft import get_peft_model

    from harness.models.bottleneck import BottleneckConfig, register_bottleneck

    register_bottleneck()
    torch.manual_seed(seed)
    adapted: Any = get_peft_model(model, BottleneckConfig(task_type="CAUSAL_LM", **settings)).eval()
    with torch.no_grad():
        for weight in adapted.parameters():
            if weight.requires_grad:
                weight.normal_(0, scale)
    return adapted


def save_bottleneck(base: Path, folder: Path, **settings: Any) -> Path:
    """A bottleneck adapter that acts, on disk."""
    from transformers import AutoModelForCausalLM

    bottleneck_on(AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), **settings).save_pretrained(folder)
    return folder


@contextmanager
def hooked(model: Any, folder: Path, non_linearity: str = "gelu") -> Iterator[Any]:
    """The bare model with the adapter of a folder added to the outputs of its modules by forward hooks."""
    from safetensors.torch import load_file

    tensors = load_file(folder / "adapter_model.safetensors")
    modules = {name.rpartition(".bottleneck_")[0] for name in tensors}

    def follow(name: str) -> Any:
        def add(module: Any, given: Any, out: Any) -> Any:
            hidden = out[0] if isinstance(out, tuple) else out
            down, down_bias, up, up_bias = (
                tensors[f"{name}.bottleneck_{side}.{kind}"] for side in ("down", "up") for kind in ("weight", "bias")
            )
            hidden = hidden + NON_LINEARITIES[non_linearity](hidden @ down.T + down_bias) @ up.T + up_bias
            return (hidden, *out[1:]) if isinstance(out, tuple) else hidden

        return add

    handles = [
        model.get_submodule(name.removeprefix("base_model.model.")).register_forward_hook(follow(name))
        for name in modules
    ]
    try:
        yield model
    finally:
        for handle in handles:
            handle.remove()
