"""The trained weights as they were at the last measurement within all limits."""

from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from harness.training.methods import AdaLora, TrainingMethod
from harness.training.processes import wait_for_all
from harness.training.stateful import match_ranks, trained_weights

_FILE = "forgetting-kept.safetensors"


def keep_weights(model: Any, folder: Path, step: int) -> None:
    """Write the weights that are trained, in place of those kept before; a kill leaves one of the two."""
    fresh = folder / f"{_FILE}.new"
    tensors = {name: weight.detach().cpu().contiguous() for name, weight in trained_weights(model).items()}
    save_file(tensors, fresh, metadata={"step": str(step)})
    fresh.replace(folder / _FILE)


def restore_weights(model: Any, folder: Path, method: TrainingMethod) -> int | None:
    """Put the kept weights back.

    Returns:
        The step they were kept at, None where none were.
    """
    wait_for_all()
    path = folder / _FILE
    if not path.is_file():
        return None
    with safe_open(path, "pt") as kept, torch.no_grad():
        for name, weight in trained_weights(model).items():
            weight.copy_(kept.get_tensor(name))
        step = int(kept.metadata()["step"])
    if isinstance(method, AdaLora):
        match_ranks(model)
    return step
