"""How much memory a base with its adapters needs, from the headers of its files alone."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import prod
from typing import Any

from harness.models import Adapter, Base
from harness.models.weights import Shapes, tensor_shapes, weight_files
from harness.records import InputError

#: Bytes of one weight. NF4 holds 4 bits and an 8-bit scale for every 64 weights (QLoRA, double quantization).
_BYTES = {"float32": 4.0, "bfloat16": 2.0, "fp8": 1.0, "nf4": 0.516}
#: Share of weights and cache that activations, kernels and fragmentation add.
HEADROOM = 0.1
_EMBEDDINGS = ("embed_tokens", "wte", "wpe", "lm_head", "embed_in", "embed_out")


@dataclass(frozen=True)
class Need:
    """Memory in GiB of one base, its adapters, and a key/value cache for ``sequences`` full contexts.

    The total adds a tenth for activations and what libraries take.
    """

    dtype: str
    parameters: int
    weights: float
    adapters: float
    cache: float
    total: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def estimate_memory(
    base: Base,
    dtype: str,
    adapters: Sequence[Adapter] = (),
    extra_adapters: int = 0,
    rank: int = 16,
    sequences: int = 16,
) -> Need:
    """Estimate what serving needs.

    Args:
        dtype: ``float32``, ``bfloat16``, ``fp8`` or ``nf4``; quantized forms keep embeddings and norms in 16 bits.
        adapters: Adapters whose files are here.
        extra_adapters: How many more, each a LoRA of ``rank`` on every linear layer.
        sequences: Sequences of the full context length held in the cache at once.

    Raises:
        InputError: an unknown dtype, or weights that are not safetensors.
    """
    if dtype not in _BYTES:
        raise InputError(f"unknown dtype {dtype!r}", mend="known: " + ", ".join(_BYTES))
    shapes = tensor_shapes(weight_files(base.folder, "model"))
    own = 4.0 if dtype == "float32" else 2.0
    linear = {name: shape for name, shape in shapes.items() if _is_linear(name, shape)}
    parameters = sum(prod(shape) for shape in shapes.values())
    quantized = sum(prod(shape) for shape in linear.values())
    weights = quantized * _BYTES[dtype] + (parameters - quantized) * own
    loras = sum(_parameters(adapter) for adapter in adapters) * own
    loras += extra_adapters * sum(rank * (shape[0] + shape[1]) for shape in linear.values()) * own
    cache = sequences * (base.context_length or 4096) * cache_bytes_per_token(base, own)
    weights, loras, cache = (size / 2**30 for size in (weights, loras, cache))
    total = (weights + loras + cache) * (1 + HEADROOM)
    return Need(dtype, parameters, round(weights, 3), round(loras, 3), round(cache, 3), round(total, 3))


def cache_bytes_per_token(base: Base, bytes_per_value: float) -> float:
    """Key and value of one token in every layer. Models with another cache (MLA, sliding windows) need less."""
    config = base.config
    layers = config.get("num_hidden_layers") or config.get("n_layer") or 0
    heads = config.get("num_attention_heads") or config.get("n_head") or 1
    width = config.get("hidden_size") or config.get("n_embd") or 0
    head_size = config.get("head_dim") or width // heads
    return float(2 * layers * (config.get("num_key_value_heads") or heads) * head_size * bytes_per_value)


def _is_linear(name: str, shape: tuple[int, ...]) -> bool:
    return len(shape) == 2 and not any(part in name for part in _EMBEDDINGS)


def _parameters(adapter: Adapter) -> int:
    shapes: Shapes = tensor_shapes(weight_files(adapter.folder, "adapter_model"))
    return sum(prod(shape) for shape in shapes.values())
