"""Weights of a moment of the training, kept in a file of their own, where no limit on checkpoints reaches them."""

from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from harness.records.files import replacing
from harness.training.loop.processes import wait_for_all
from harness.training.loop.stateful import match_ranks, trained_weights
from harness.training.recipes.methods import AdaLora, TrainingMethod


def keep_weights(model: Any, path: Path, step: int) -> None:
    """Write the weights that are trained, in place of those kept before; a kill leaves one of the two."""
    tensors = {name: weight.detach().cpu().contiguous() for name, weight in trained_weights(model).items()}
    with replacing(path) as fresh:
        save_file(tensors, fresh, metadata={"step": str(step)})


def restore_weights(model: Any, path: Path, method: TrainingMethod) -> int | None:
    """Put the kept weights back into the model.

    Returns:
        The step they were kept at, None where none were.
    """
    wait_for_all()
    if not path.is_file():
        return None
    with safe_open(path, "pt") as kept, torch.no_grad():
        for name, weight in trained_weights(model).items():
            weight.copy_(kept.get_tensor(name))
        step = int(kept.metadata()["step"])
    if isinstance(method, AdaLora):
        match_ranks(model)
    return step
