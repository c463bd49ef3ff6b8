"""The training loop: transformers' Trainer over rows that are already encoded, checked and put in order.

TRL's SFTTrainer is passed over for supervised training: its data preparation would be switched off (rows must be
encoded as engines encode them), and its fused output layer, which also computes an entropy for each token, takes half
as much time again on a CPU. The Trainer normalises the loss by the learned tokens of a whole step, gradient
accumulation included.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import Dataset
from transformers import PrinterCallback, Trainer, TrainingArguments

from harness.records import RunError
from harness.training.arguments import trainer_arguments
from harness.training.encode import IGNORED, Row
from harness.training.plan import Plan
from harness.training.recipe import Recipe
from harness.training.stateful import method_callbacks
from harness.training.steps import Step
from harness.training.watcher import COMPLETE, Watcher


class _Rows(Dataset[Row]):
    def __init__(self, rows: Sequence[Row], order: Sequence[int]) -> None:
        self.rows, self.order = rows, order

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, place: int) -> Row:
        return self.rows[self.order[place]]


def collate(rows: Sequence[Row], pad: int) -> dict[str, torch.Tensor]:
    """A batch padded on the right: token ids, attention mask and labels, each (rows, longest)."""
    longest = max(len(row.ids) for row in rows)
    gaps = [longest - len(row.ids) for row in rows]
    return {
        "input_ids": torch.tensor([[*row.ids, *[pad] * gap] for row, gap in zip(rows, gaps, strict=True)]),
        "attention_mask": torch.tensor([[1] * (longest - gap) + [0] * gap for gap in gaps]),
        "labels": torch.tensor([[*row.labels, *[IGNORED] * gap] for row, gap in zip(rows, gaps, strict=True)]),
    }


def run_loop(
    model: Any,
    plan: Plan,
    recipe: Recipe,
    folder: Path,
    *,
    pad: int,
    dtype: str,
    watch: Callable[[Step], None],
) -> dict[str, float]:
    """Train ``model`` in place, from the last complete checkpoint in ``folder`` if there is one.

    Returns:
        Loss on the held-out rows, if there are any.

    Raises:
        RunError: the loss became NaN or infinite, or memory ran out.
    """
    checkpoint = last_checkpoint(folder)
    trainer = Trainer(
        model=model,
        args=TrainingArguments(**trainer_arguments(recipe, plan, folder, dtype)),
        data_collator=lambda rows: collate(rows, pad),
        train_dataset=_Rows(plan.rows, plan.order),
        eval_dataset=_Rows(plan.held_out, range(len(plan.held_out))) if plan.held_out else None,
        callbacks=[*method_callbacks(recipe.method, checkpoint), Watcher(plan, watch)],
    )
    trainer.remove_callback(PrinterCallback)
    try:
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    except torch.OutOfMemoryError as error:
        raise RunError(
            "out of memory",
            where=recipe.adapter,
            mend="halve schedule.batch_size and double gradient_accumulation, or set gradient_checkpointing: true",
        ) from error
    return {"held_out_loss": float(trainer.evaluate()["eval_loss"])} if plan.held_out else {}


def last_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint that was written to its end."""
    found = [path for path in folder.glob("checkpoint-*") if (path / COMPLETE).is_file()]
    return max(found, key=lambda path: int(path.name.rpartition("-")[2]), default=None)
