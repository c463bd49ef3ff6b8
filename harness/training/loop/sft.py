"""Supervised training by TRL's SFTTrainer, over rows that are already encoded, checked and put in order."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft.tuners.tuners_utils import BaseTunerLayer
from transformers import Trainer, TrainerCallback
from transformers.trainer_utils import EvalLoopOutput
from trl import SFTConfig, SFTTrainer

from harness.engines.encoding import Encoder
from harness.records import InputError
from harness.training.loop.arguments import trainer_arguments
from harness.training.loop.held_out import measure_held_out
from harness.training.loop.packing import PackedRow, positions
from harness.training.loop.plan import Plan
from harness.training.loop.separation import check_separation
from harness.training.recipes.recipe import Recipe
from harness.training.rows.encode import IGNORED, Row


class _SftTrainer(SFTTrainer):
    """TRL's trainer with the model's own loss.

    TRL takes the loss from a fused output layer, which also computes an entropy for each token. On a CPU that costs
    half as much time again, and what a method adds to the model's loss (AdaLoRA's orthogonality) would be lost.
    """

    def compute_loss(self, model: Any, inputs: Any, *args: Any, **more: Any) -> Any:
        return Trainer.compute_loss(self, model, inputs, *args, **more)

    def evaluation_loop(self, *args: Any, **more: Any) -> EvalLoopOutput:
        return measure_held_out(self)

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

    Raises:
        InputError: the method or the base cannot be trained like that.
    """
    check_output_layer(model, recipe)
    if recipe.schedule.packing:
        check_separation(model, plan.rows, recipe.adapter)
    trainer = _SftTrainer(
        model=model,
        args=SFTConfig(**trainer_arguments(recipe, plan, folder, dtype), dataset_kwargs={"skip_prepare_dataset": True}),
        data_collator=lambda rows: collate(rows, pad),
        train_dataset=_dataset(plan.rows).select(plan.order),
        eval_dataset=_dataset(plan.held_out) if plan.held_out else None,
        processing_class=Encoder.load(Path(model.config.name_or_path)).tokenizer,
        callbacks=list(callbacks),
    )
    # With a tokenizer, transformers writes its special tokens into the model's configuration.
    trainer.processing_class = None
    return trainer


def check_output_layer(model: Any, recipe: Recipe) -> None:
    """Make sure that the output layer has no adapter: TRL multiplies with the layer's own weight.

    Raises:
        InputError: it has one.
    """
    if isinstance(model.get_output_embeddings(), BaseTunerLayer):
        raise InputError(
            "TRL trains no adapter on the output layer",
            where=f"{recipe.adapter}: method",
            mend="leave it out of target_modules",
        )


def _dataset(rows: Sequence[Row] | Sequence[PackedRow]) -> Dataset:
    columns = {"input_ids": [row.ids for row in rows], "labels": [row.labels for row in rows]}
    packed = {"sizes": [row.sizes for row in rows if isinstance(row, PackedRow)]}
    return Dataset.from_dict(columns | packed if packed["sizes"] else columns)


def collate(rows: Sequence[dict[str, list[int]]], pad: int) -> dict[str, torch.Tensor]:
    """A batch padded on the right: token ids, labels and attention mask, each (rows, longest).

    For packed rows the place of the attention mask is taken by ``position_ids``, which begin at 0 with each row: only
    without a mask does transformers read from them where a row ends. The padding is one more row that no other sees.
    """
    lengths = [len(row["input_ids"]) for row in rows]
    gaps = [max(lengths) - length for length in lengths]
    padded = list(zip(rows, gaps, strict=True))
    batch = {
        "input_ids": [row["input_ids"] + [pad] * gap for row, gap in padded],
        "labels": [row["labels"] + [IGNORED] * gap for row, gap in padded],
    }
    if "sizes" in rows[0]:
        batch["position_ids"] = [positions([*row["sizes"], gap]) for row, gap in padded]
    else:
        batch["attention_mask"] = [[1] * length + [0] * gap for length, gap in zip(lengths, gaps, strict=True)]
    return {name: torch.tensor(values) for name, values in batch.items()}
