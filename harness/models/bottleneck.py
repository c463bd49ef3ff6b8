"""A bottleneck adapter (Houlsby et al. 2019), which PEFT does not have: layers of its own in a frozen decoder.

After a sub-layer's last projection, and before the residual is added to it::

    h  ->  h + dropout(up(f(down(h))))

``down`` goes from the hidden size to the bottleneck, ``up`` back; both have a bias. ``up`` starts at zero, so that an
untrained adapter is the identity (the reference implementation, google-research/adapter-bert, starts near it). Where
the architecture has a norm between the sub-layer and the residual (Gemma 2), the adapter stands before the norm, as in
the paper. With ``placement: pfeiffer`` only feed-forward parts are followed by one (Pfeiffer et al. 2021).

It is written as one more tuner of PEFT's, so that loading, saving, switching off and checkpoints are those of every
other adapter. PEFT learns of it only in a process that calls `register_bottleneck`; elsewhere it refuses the folder.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast, get_args

import torch
from peft import PeftConfig
from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING, PEFT_TYPE_TO_PREFIX_MAPPING, PEFT_TYPE_TO_TUNER_MAPPING
from peft.tuners.tuners_utils import BaseTuner, BaseTunerLayer
from torch import nn
from torch.nn import functional

from harness.models.bottleneck_files import NonLinearity, Placement
from harness.models.bottleneck_places import hidden_size, sublayers
from harness.models.methods import BOTTLENECK

_NON_LINEARITIES: dict[NonLinearity, Callable[[torch.Tensor], torch.Tensor]] = {
    "relu": functional.relu,
    "gelu": functional.gelu,
    "silu": functional.silu,
}


class _PeftType(StrEnum):
    """PEFT asks for a member of an enumeration."""

    BOTTLENECK = BOTTLENECK


@dataclass
class BottleneckConfig(PeftConfig):
    """What ``adapter_config.json`` holds of a bottleneck adapter.

    Attributes:
        placement: ``houlsby`` (after attention and feed-forward part) or ``pfeiffer`` (after the feed-forward part).
        bottleneck_size: Width of the bottleneck; the hidden size over ``reduction_factor`` where None.
        reduction_factor: Hidden size over width of the bottleneck, as it is once the adapter is on a base.
        non_linearity: Between the way down and the way up.
        dropout: Share of the update that is dropped while training.
        target_modules: Found in the base whenever the adapter is put on; what the file says is not read.
    """

    placement: Placement = "houlsby"
    bottleneck_size: int | None = None
    reduction_factor: float = 16.0
    non_linearity: NonLinearity = "gelu"
    dropout: float = 0.0
    target_modules: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.peft_type = _PeftType.BOTTLENECK
        if self.placement not in get_args(Placement) or self.non_linearity not in _NON_LINEARITIES:
            raise ValueError(f"unknown placement {self.placement!r} or non_linearity {self.non_linearity!r}")


class BottleneckLayer(nn.Module, BaseTunerLayer):
    """A sub-layer followed by a bottleneck. Whatever else the sub-layer returns (attention weights) is passed on."""

    adapter_layer_names = ("bottleneck_down", "bottleneck_up")
    other_param_names = ("bottleneck_dropout",)

    def __init__(self, base_layer: nn.Module, width: int, adapter_name: str, config: BottleneckConfig) -> None:
        super().__init__()
        self.base_layer = base_layer
        self.width = width
        self.bottleneck_down = nn.ModuleDict()
        self.bottleneck_up = nn.ModuleDict()
        self.bottleneck_dropout = nn.ModuleDict()
        self._non_linearities: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {}
        self._active_adapter = adapter_name
        self.add(adapter_name, config)

    def add(self, adapter_name: str, config: BottleneckConfig) -> None:
        """Put one more bottleneck here, untrained: a uniform ``down``, a zero ``up``."""
        size = cast(int, config.bottleneck_size)
        device = next(self.base_layer.parameters()).device
        up = nn.Linear(size, self.width, device=device)
        nn.init.zeros_(up.weight)
        nn.init.zeros_(cast(torch.Tensor, up.bias))
        self.bottleneck_down[adapter_name] = nn.Linear(self.width, size, device=device)
        self.bottleneck_up[adapter_name] = up
        self.bottleneck_dropout[adapter_name] = nn.Dropout(config.dropout)
        self._non_linearities[adapter_name] = _NON_LINEARITIES[config.non_linearity]
        self.set_adapter(self.active_adapters, inference_mode=config.inference_mode)

    def forward(self, *args: Any, **given: Any) -> Any:
        """The sub-layer's output, its hidden states (first, where there is more) of shape (..., hidden size)."""
        out = self.base_layer(*args, **given)
        if self.disable_adapters:
            return out
        hidden, *more = out if isinstance(out, tuple) else (out,)
        for name in self.active_adapters:
            if name in self.bottleneck_down:
                hidden = hidden + self._update(name, hidden)
        return (hidden, *more) if isinstance(out, tuple) else hidden

    def merge(self, safe_merge: bool = False, adapter_names: list[str] | None = None) -> None:
        """There is nothing to add to a weight.

        Raises:
            ValueError: always.
        """
        raise ValueError("a bottleneck adapter is not a change of weights")

    def _update(self, name: str, hidden: torch.Tensor) -> torch.Tensor:
        down, up = cast(nn.Linear, self.bottleneck_down[name]), self.bottleneck_up[name]
        narrow = self._non_linearities[name](down(hidden.to(down.weight.dtype)))
        return self.bottleneck_dropout[name](up(narrow)).to(hidden.dtype)


class BottleneckTuner(BaseTuner):
    """Puts bottlenecks into a model, as PEFT asks of every method."""

    prefix = "bottleneck_"
    tuner_layer_cls = BottleneckLayer

    def _prepare_adapter_config(self, peft_config: Any, model_config: dict[str, Any]) -> Any:
        width = hidden_size(self.model)
        if peft_config.bottleneck_size is None:
            peft_config.bottleneck_size = max(1, int(width / peft_config.reduction_factor))
        peft_config.reduction_factor = width / peft_config.bottleneck_size
        peft_config.target_modules = sublayers(self.model, peft_config.placement)
        return peft_config

    def _create_and_replace(
        self,
        peft_config: Any,
        adapter_name: str,
        target: nn.Module,
        target_name: str,
        parent: nn.Module,
        current_key: str,
        parameter_name: str | None = None,
    ) -> None:
        if isinstance(target, BottleneckLayer):
            target.add(adapter_name, peft_config)
            return
        layer = BottleneckLayer(target, hidden_size(self.model), adapter_name, peft_config)
        if adapter_name not in self.active_adapters:
            layer.requires_grad_(False)
        self._replace_module(parent, target_name, layer, target)

    def _replace_module(self, parent: nn.Module, child_name: str, new_module: nn.Module, child: nn.Module) -> None:
        # PEFT's own hands a weight over, which a whole sub-layer does not have.
        setattr(parent, child_name, new_module)


def register_bottleneck() -> None:
    """Make the method known to PEFT in this process. May be called twice."""
    types: list[tuple[dict[Any, Any], Any]] = [
        (PEFT_TYPE_TO_CONFIG_MAPPING, BottleneckConfig),
        (PEFT_TYPE_TO_TUNER_MAPPING, BottleneckTuner),
        (PEFT_TYPE_TO_PREFIX_MAPPING, BottleneckTuner.prefix),
    ]
    for mapping, value in types:
        mapping[_PeftType.BOTTLENECK] = value
