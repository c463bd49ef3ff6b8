"""Where a decoder's layers have their attention and their feed-forward part, told by structure and known names."""

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from torch import nn

from harness.models.bottleneck_files import Placement

_ATTENTION = ("self_attn", "attn", "attention", "self_attention")
#: Where a layer has no module for its feed-forward part, what comes last in it (OPT) stands for it.
_FEED_FORWARD = ("mlp", "feed_forward", "ffn", "block_sparse_moe", "fc2")
#: Weights that may stand beside both: the first half of a feed-forward part without a module of its own.
_BESIDE = ("fc1",)


def sublayers(model: Any, placement: Placement) -> list[str]:
    """Full names of the modules whose output an adapter follows, layer by layer.

    A layer is understood if it has one attention and one feed-forward part under a name that decoders of transformers
    use, neither adds the residual itself, and no other part of it holds a matrix.

    Args:
        model: A causal language model of transformers.

    Raises:
        ValueError: the architecture cannot be understood; the message says why, in one line.
    """
    found = []
    for name, layer in _decoder_layers(model):
        attention = _part(name, layer, _ATTENTION, "attention")
        feed_forward = _part(name, layer, _FEED_FORWARD, "feed-forward part")
        _refuse_unknown_weights(name, layer, (attention, feed_forward, *_BESIDE))
        parts = (attention, feed_forward) if placement == "houlsby" else (feed_forward,)
        found += [f"{name}.{part}" for part in parts]
    return found


def hidden_size(model: Any) -> int:
    """Width of what flows from layer to layer."""
    return int(model.config.get_text_config().hidden_size)


def _decoder_layers(model: Any) -> Iterator[tuple[str, nn.Module]]:
    count = model.config.get_text_config().num_hidden_layers
    lists = {
        name: module
        for name, module in model.named_modules()
        if isinstance(module, nn.ModuleList) and len(module) == count
    }
    outer = [name for name in lists if not any(name.startswith(f"{other}.") for other in lists)]
    if len(outer) != 1:
        raise ValueError(f"this architecture has {len(outer)} lists of {count} layers, not one")
    for place, layer in enumerate(lists[outer[0]]):
        yield f"{outer[0]}.{place}", layer


def _part(name: str, layer: nn.Module, known: tuple[str, ...], what: str) -> str:
    children = dict(layer.named_children())
    found = [child for child in known if child in children]
    if len(found) != 1:
        has = ", ".join(children) or "no parts"
        raise ValueError(f"{name} has {len(found) or 'no'} modules known as its {what} (it has {has})")
    if "residual" in inspect.signature(children[found[0]].forward).parameters:
        raise ValueError(f"{name}.{found[0]} adds the residual itself, so nothing can stand before it")
    return found[0]


def _refuse_unknown_weights(name: str, layer: nn.Module, known: tuple[str, ...]) -> None:
    """Norms hold vectors; a matrix elsewhere means a part that is not understood."""
    children: Mapping[str, nn.Module] = dict(layer.named_children())
    for child, module in children.items():
        if child not in known and any(weight.dim() > 1 for weight in module.parameters()):
            raise ValueError(f"{name}.{child} is neither the layer's attention, nor its feed-forward part, nor a norm")
