"""The trained weights as they were at the last measurement within all limits."""

from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file

_FILE = "forgetting-kept.safetensors"


def keep_weights(model: Any, folder: Path, step: int) -> None:
    """Write the weights that are trained, in place of those kept before; a kill leaves one of the two."""
    fresh = folder / f"{_FILE}.new"
    tensors = {name: weight.detach().cpu().contiguous() for name, weight in _trained(model)}
    save_file(tensors, fresh, metadata={"step": str(step)})
    fresh.replace(folder / _FILE)


def restore_weights(model: Any, folder: Path) -> int | None:
    """Put the kept weights back.

    Returns:
        The step they were kept at, None where none were.
    """
    path = folder / _FILE
    if not path.is_file():
        return None
    with safe_open(path, "pt") as kept, torch.no_grad():
        for name, weight in _trained(model):
            weight.copy_(kept.get_tensor(name))
        return int(kept.metadata()["step"])


def _trained(model: Any) -> list[tuple[str, torch.Tensor]]:
    return [(name, weight) for name, weight in model.named_parameters() if weight.requires_grad]
