"""Tiny models with random weights, and adapters on them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes a Llama with random weights; returns its folder. The same arguments give the same folder."""
    made: dict[str, Path] = {}

    def make(**config: Any) -> Path:
        import torch
        from transformers import LlamaConfig, LlamaForCausalLM

        if repr(config) not in made:
            settings = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
            torch.manual_seed(0)
            model = LlamaForCausalLM(LlamaConfig(**(settings | {"vocab_size": 64} | config)))
            made[repr(config)] = tmp_path_factory.mktemp("base")
            model.save_pretrained(made[repr(config)])
        return made[repr(config)]

    return make


@pytest.fixture
def adapt(tmp_path: Path) -> Callable[..., Path]:
    """Puts an adapter that acts on a base; returns its folder."""

    def make(base: Path, config: Any = None, name: str = "adapter") -> Path:
        import torch
        from peft import LoraConfig, get_peft_model
        from transformers import AutoModelForCausalLM

        torch.manual_seed(1)
        config = config or LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False)
        get_peft_model(AutoModelForCausalLM.from_pretrained(base), config).save_pretrained(tmp_path / name)
        return tmp_path / name

    return make
