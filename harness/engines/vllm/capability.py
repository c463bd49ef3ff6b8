"""What the installed vLLM can serve, found out by asking it (`PEFTHelper`) and by what it is known to get wrong.

vLLM refuses some adapters only when a request meets them, which kills its engine, and ignores others silently. So
every adapter is judged here, in our own process, before vLLM starts.
"""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

from harness.models import Adapter, method_of
from harness.models.methods import BOTTLENECK
from harness.models.weights import tensor_shapes, weight_files
from harness.records import reason

#: Configuration keys that change what an adapter means, and that vLLM reads past where it has no field for them.
_MEANINGFUL = (
    "use_dora",
    "lora_bias",
    "rank_pattern",
    "alpha_pattern",
    "trainable_token_indices",
    "target_parameters",
    "layer_replication",
    "alora_invocation_tokens",
    "use_qalora",
    "use_bdlora",
    "arrow_config",
)
_HEADS = ("lm_head", "embed_tokens", "wte", "embed_in", "embed_out", "output_layer")


def refusal(adapter: Adapter) -> str:
    """Why the installed vLLM cannot serve an adapter, in one clause; empty if it can."""
    if adapter.method != "LORA":
        return f"vLLM serves LoRA adapters only, this is {adapter.method}"
    if method_of(adapter).moves_base:
        return f"its initialisation ({adapter.config['init_lora_weights']}) changes the base's own weights"
    unread = [key for key in _MEANINGFUL if adapter.config.get(key) and key not in _known_fields()]
    if unread:
        return f"this version of vLLM does not read {unread[0]}"
    if adapter.rank > max(lora_ranks()):
        return f"rank {adapter.rank} is over vLLM's limit of {max(lora_ranks())}"
    if reason := _peft_helper_says(adapter):
        return reason
    if touched := touched_heads(adapter):
        # Dropped without a word in prompt log-probabilities on GPU (vLLM issue 51594), fatal on the CPU.
        return f"LoRA on {touched[0]} is not applied to log-probabilities"
    return ""


def lora_ranks() -> tuple[int, ...]:
    """The ranks that vLLM reserves room for; an adapter's rank is rounded up to one of them."""
    from vllm.config import lora

    ranks = getattr(lora, "MaxLoRARanks", None)
    return tuple(sorted(int(rank) for rank in get_args(ranks))) or (1, 8, 16, 32, 64, 128, 256, 320, 512)


def rank_to_reserve(adapters: Sequence[Adapter]) -> int:
    """The smallest rank vLLM takes that holds all adapters."""
    largest = max((adapter.rank for adapter in adapters), default=1)
    return next(rank for rank in lora_ranks() if rank >= largest)


def target_modules(adapters: Sequence[Adapter]) -> list[str]:
    """Last names of the modules that the adapters change (``q_proj``), from the headers of their files."""
    names = {
        name.split(".lora_")[0].rsplit(".", 1)[-1]
        for adapter in adapters
        for name in tensor_shapes(weight_files(adapter.folder, "adapter_model"))
        if ".lora_" in name
    }
    return sorted(names)


def touched_heads(adapter: Adapter) -> list[str]:
    """Embeddings and output heads that the adapter changes."""
    return [name for name in target_modules([adapter]) if name in _HEADS]


#: Configurations that the capability table asks about: what PEFT writes for each kind of adapter.
_LORA = {"peft_type": "LORA", "r": 8, "lora_alpha": 16, "target_modules": ["q_proj"]}
KINDS: dict[str, dict[str, Any]] = {
    "LoRA": _LORA,
    "rsLoRA": {**_LORA, "use_rslora": True},
    "rank pattern": {**_LORA, "rank_pattern": {"q_proj": 4}},
    "alpha pattern": {**_LORA, "alpha_pattern": {"q_proj": 4}},
    "DoRA": {**_LORA, "use_dora": True},
    "PiSSA": {**_LORA, "init_lora_weights": "pissa"},
    "OLoRA": {**_LORA, "init_lora_weights": "olora"},
    "CorDA": {**_LORA, "init_lora_weights": "corda"},
    "LoftQ": {**_LORA, "init_lora_weights": "loftq"},
    "EVA": {**_LORA, "init_lora_weights": "eva"},
    "saved modules": {**_LORA, "modules_to_save": ["embed_tokens"]},
    "trained bias": {**_LORA, "bias": "all"},
    "LoRA bias": {**_LORA, "lora_bias": True},
    "trainable tokens": {**_LORA, "trainable_token_indices": [1, 2]},
    "bare parameters": {**_LORA, "target_parameters": ["experts.gate_up_proj"]},
    "layer replication": {**_LORA, "layer_replication": [[0, 1]]},
    "rank 1024": {**_LORA, "r": 1024},
    **{
        method: {"peft_type": method}
        for method in ("ADALORA", "IA3", "LOHA", "LOKR", "VERA", "OFT", "PREFIX_TUNING", "PROMPT_TUNING", "P_TUNING")
    },
    BOTTLENECK: {"peft_type": BOTTLENECK},
}


def capability_table() -> dict[str, str]:
    """For each kind of adapter, why the installed vLLM cannot serve it; empty for those it can."""
    with tempfile.TemporaryDirectory() as folder:
        return {kind: refusal(_example(config, Path(folder))) for kind, config in KINDS.items()}


def _example(config: dict[str, Any], folder: Path) -> Adapter:
    import torch
    from safetensors.torch import save_file

    (folder / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    name = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"
    save_file({name: torch.zeros(1, 1)}, folder / "adapter_model.safetensors")
    return Adapter(str(folder), folder, config, config["peft_type"], int(config.get("r", 0)), "example")


@lru_cache(maxsize=1)
def _known_fields() -> frozenset[str]:
    from vllm.lora.peft_helper import PEFTHelper

    return frozenset(field.name for field in fields(PEFTHelper))


def _peft_helper_says(adapter: Adapter) -> str:
    from vllm.config import LoRAConfig
    from vllm.lora.peft_helper import PEFTHelper

    try:
        config = LoRAConfig(max_lora_rank=rank_to_reserve([adapter]), max_loras=1)  # type: ignore[arg-type]
        PEFTHelper.from_local_dir(str(adapter.folder), max_position_embeddings=None).validate_legal(config)
    except (ValueError, TypeError) as error:
        return reason(error).rstrip(".")
    return ""
