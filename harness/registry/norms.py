"""How large an adapter's update is and how far two lie apart, module by module, from their files alone.

For LoRA the update of a weight is BA times its scale (Hu et al. 2021), and norms are those of this product: two
adapters whose factors differ but whose products are equal are equal. BA is never formed: with QR of the left factor,
‖LR‖ = ‖T R‖ for the small triangle T. Tensors of other methods (and DoRA's magnitudes) are compared as they are.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import regex

from harness.models import Adapter
from harness.models.weights import read_tensors, weight_files
from harness.records import InputError

if TYPE_CHECKING:
    import torch

_FACTOR = re.compile(r"(?P<module>.+)\.lora_(?:embedding_)?(?P<side>[AB])(?:\.weight)?")
_LAYER = re.compile(r"\.(?:layers|h|blocks|layer)\.(\d+)\.")
_PREFIX = "base_model.model."


@dataclass(frozen=True)
class Change:
    """Frobenius norms of the updates of one module, of one layer, or of all.

    Attributes:
        before, after: Norm of each adapter's update; 0 where it has none.
        difference: Norm of the difference of the two updates.
    """

    where: str
    before: float
    after: float
    difference: float

    @property
    def relative(self) -> float | None:
        """The difference as a share of the update before; None where that is zero."""
        return self.difference / self.before if self.before else None


@dataclass(frozen=True)
class _Update:
    """A matrix as the product of two: (out, k) and (k, in)."""

    left: "torch.Tensor"
    right: "torch.Tensor"


def changes(before: Adapter, after: Adapter) -> list[Change]:
    """Norms for each module that either adapter changes, in order of their names.

    Raises:
        InputError: the adapters are of two methods, or a module has other dimensions.
    """
    if before.method != after.method:
        raise InputError(f"weights of {before.method} and {after.method} have no common form")
    ours, theirs = _updates(before), _updates(after)
    for name in [name for name in ours if _is_same_copy_of_base(name, ours, theirs)]:
        del ours[name], theirs[name]
    return [_change(module, ours.get(module), theirs.get(module)) for module in sorted({*ours, *theirs}, key=_order)]


def by_layer(modules: Iterable[Change]) -> list[Change]:
    """Norms over the modules of each layer; what lies outside the layers stands under ``other``."""
    layers: dict[str, list[Change]] = {}
    for one in modules:
        layer = _LAYER.search(f".{one.where}.")
        layers.setdefault(f"layer {layer[1]}" if layer else "other", []).append(one)
    return [total(members, where) for where, members in layers.items()]


def total(modules: Iterable[Change], where: str = "all") -> Change:
    """Norms over several modules."""
    members = list(modules)
    return Change(
        where,
        math.hypot(*(one.before for one in members)),
        math.hypot(*(one.after for one in members)),
        math.hypot(*(one.difference for one in members)),
    )


def _change(module: str, before: _Update | None, after: _Update | None) -> Change:
    import torch

    if before is None or after is None:
        norm = _norm(before or after)
        return Change(module, norm if before else 0.0, norm if after else 0.0, norm)
    if before.left.shape[0] != after.left.shape[0] or before.right.shape[1] != after.right.shape[1]:
        raise InputError("the adapters change weights of different dimensions", where=module)
    left, right = torch.cat([before.left, -after.left], dim=1), torch.cat([before.right, after.right], dim=0)
    # Rounding would leave a difference of 1e-16 between equal adapters.
    same = torch.equal(before.left, after.left) and torch.equal(before.right, after.right)
    return Change(module, _norm(before), _norm(after), 0.0 if same else _norm(_Update(left, right)))


def _is_same_copy_of_base(name: str, ours: Mapping[str, _Update], theirs: Mapping[str, _Update]) -> bool:
    """Is it the base's own embedding, which PEFT saves beside a trained one? It is no update."""
    return ".base_layer." in name and name in theirs and ours[name].left.equal(theirs[name].left)


def _norm(update: _Update | None) -> float:
    import torch

    if update is None:
        return 0.0
    _, triangle = torch.linalg.qr(update.left, mode="r")
    return float(torch.linalg.matrix_norm(triangle @ update.right))


def _updates(adapter: Adapter) -> dict[str, _Update]:
    """The update of each module, in float64."""
    import torch

    tensors = {
        name.removeprefix(_PREFIX): tensor.to(torch.float64)
        for _, name, tensor in read_tensors(weight_files(adapter.folder, "adapter_model"))
    }
    factors: dict[str, dict[str, str]] = {}
    # LoRA on bare parameters stacks the factors of several experts; they are compared as they are.
    if adapter.method == "LORA" and not adapter.config.get("target_parameters"):
        for name in tensors:
            if found := _FACTOR.fullmatch(name):
                factors.setdefault(found["module"], {})[found["side"]] = name
    found_updates: dict[str, _Update] = {}
    for module, sides in factors.items():
        if len(sides) == 2:
            right, left = (tensors[sides[side]].flatten(1) for side in "AB")
            if left.shape[1] == right.shape[0]:
                found_updates[module] = _Update(left * _scale(adapter, module, right.shape[0]), right)
                del tensors[sides["A"]], tensors[sides["B"]]
    plain = {name: _Update(tensor.reshape(-1, 1), torch.ones(1, 1, dtype=torch.float64))
             for name, tensor in tensors.items()}  # fmt: skip
    return found_updates | plain


def _scale(adapter: Adapter, module: str, rank: int) -> float:
    config = adapter.config
    alpha = _of_pattern(config.get("alpha_pattern") or {}, module, adapter)
    alpha = config.get("lora_alpha") if alpha is None else alpha
    if not isinstance(alpha, int | float):
        raise InputError("lora_alpha is not a number", where=str(adapter.folder / "adapter_config.json"))
    return alpha / (math.sqrt(rank) if config.get("use_rslora") else rank)


def _of_pattern(patterns: Mapping[str, object], module: str, adapter: Adapter) -> object:
    """The value of the first pattern that fits the end of a module's name, as PEFT looks it up."""
    for pattern, value in patterns.items():
        try:
            # The pattern comes with the adapter, so its time is bounded.
            if regex.match(rf"(.*\.)?({pattern})$", module, timeout=1):
                return value
        except (regex.error, TimeoutError) as error:
            raise InputError(
                f"alpha_pattern {pattern[:60]!r} cannot be used ({error})",
                where=str(adapter.folder / "adapter_config.json"),
            ) from None
    return None


def _order(module: str) -> list[tuple[int, str]]:
    """Layer 2 before layer 10."""
    return [(int(part), "") if part.isdecimal() and len(part) < 9 else (-1, part) for part in module.split(".")]
