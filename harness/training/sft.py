"""Supervised training by TRL's SFTTrainer, over rows that are already encoded, checked and put in order."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import Trainer, TrainerCallback
from trl import SFTConfig, SFTTrainer

from harness.training.arguments import trainer_arguments
from harness.training.encode import IGNORED, Row
from harness.training.plan import Plan
from harness.training.recipe import Recipe


class _SftTrainer(SFTTrainer):
    """TRL's trainer with the model's own loss.

    TRL takes the loss from a fused output layer, which also computes an entropy for each token. On a CPU that costs
    half as much time again, and what a method adds to the model's loss (AdaLoRA's orthogonality) would be lost.
    """

    def compute_loss(self, model: Any, inputs: Any, *args: Any, **more: Any) -> Any:
        return Trainer.compute_loss(self, model, inputs, *args, **more)

    def create_model_card(self, *args: Any, **more: Any) -> None:
        """No empty form in each checkpoint."""


def sft_trainer(
    model: Any,
    plan: Plan,
    recipe: Recipe,
    folder: Path,
    *,
    pad: int,
    dtype: str,
    callbacks: Sequence[TrainerCallback],
) -> Trainer:
    """A trainer that takes the plan's rows as they come.

    Args:
        pad: Token id that fills shorter rows of a batch.
        dtype: Number format of forward and backward pass.
    """
    trainer = _SftTrainer(
        model=model,
        args=SFTConfig(**trainer_arguments(recipe, plan, folder, dtype), dataset_kwargs={"skip_prepare_dataset": True}),
        data_collator=lambda rows: collate(rows, pad),
        train_dataset=_dataset(plan.rows).select(plan.order),
        eval_dataset=_dataset(plan.held_out) if plan.held_out else None,
        callbacks=list(callbacks),
    )
    for weight in model.parameters():
        # TRL casts what is trained over a 4-bit base to bfloat16, which is too coarse for the optimizer's steps.
        if weight.requires_grad:
            weight.data = weight.data.float()
    return trainer


def _dataset(rows: Sequence[Row]) -> Dataset:
    return Dataset.from_dict({"input_ids": [row.ids for row in rows], "labels": [row.labels for row in rows]})


def collate(rows: Sequence[dict[str, list[int]]], pad: int) -> dict[str, torch.Tensor]:
    """A batch padded on the right: token ids, attention mask and labels, each (rows, longest)."""
    sizes = [len(row["input_ids"]) for row in rows]
    gaps = [max(sizes) - size for size in sizes]
    return {
        "input_ids": torch.tensor([row["input_ids"] + [pad] * gap for row, gap in zip(rows, gaps, strict=True)]),
        "attention_mask": torch.tensor([[1] * size + [0] * gap for size, gap in zip(sizes, gaps, strict=True)]),
        "labels": torch.tensor([row["labels"] + [IGNORED] * gap for row, gap in zip(rows, gaps, strict=True)]),
    }
