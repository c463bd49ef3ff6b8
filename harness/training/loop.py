"""The training loop: transformers' Trainer over rows that are already encoded, checked and put in order.

TRL's SFTTrainer is passed over for supervised training: its data preparation would be switched off (rows must be
encoded as engines encode them), and its fused output layer, which also computes an entropy for each token, takes half
as much time again on a CPU. The Trainer normalises the loss by the learned tokens of a whole step, gradient
accumulation included.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import Dataset
from transformers import (
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from harness.records import RunError
from harness.training.encode import IGNORED, Row
from harness.training.recipe import Recipe
from harness.training.stateful import method_callbacks
from harness.training.steps import Step

#: Written into a checkpoint after all else: a checkpoint without it was cut off by a kill.
COMPLETE = "complete"


@dataclass(frozen=True)
class Plan:
    """What the loop runs: rows in their final order, and what counts them.

    Attributes:
        order: Row numbers, ``batch_size`` of them a batch.
        steps: Optimiser steps.
        tokens_at: Tokens seen by the end of each step (padding not counted).
    """

    rows: Sequence[Row]
    held_out: Sequence[Row]
    order: Sequence[int]
    steps: int
    tokens_at: Sequence[int]


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
        args=_arguments(recipe, plan, folder, dtype),
        data_collator=lambda rows: collate(rows, pad),
        train_dataset=_Rows(plan.rows, plan.order),
        eval_dataset=_Rows(plan.held_out, range(len(plan.held_out))) if plan.held_out else None,
        callbacks=[*method_callbacks(recipe.method, checkpoint), _Watcher(plan, watch)],
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


def _arguments(recipe: Recipe, plan: Plan, folder: Path, dtype: str) -> TrainingArguments:
    schedule = recipe.schedule
    on_gpu = torch.cuda.is_available()
    every = recipe.evaluation.every
    return TrainingArguments(
        output_dir=str(folder),
        max_steps=plan.steps,
        per_device_train_batch_size=schedule.batch_size,
        per_device_eval_batch_size=schedule.batch_size,
        gradient_accumulation_steps=schedule.gradient_accumulation,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type=schedule.scheduler,
        warmup_steps=schedule.warmup if schedule.warmup < 1 else int(schedule.warmup),
        weight_decay=schedule.weight_decay,
        max_grad_norm=schedule.max_grad_norm,
        gradient_checkpointing=schedule.gradient_checkpointing,
        bf16=dtype == "bfloat16",
        seed=recipe.seed,
        data_seed=recipe.seed,
        full_determinism=on_gpu,
        use_cpu=not on_gpu,
        train_sampling_strategy="sequential",
        remove_unused_columns=False,
        dataloader_num_workers=0,
        dataloader_pin_memory=on_gpu,
        prediction_loss_only=True,
        logging_strategy="steps",
        logging_steps=1,
        logging_nan_inf_filter=False,
        eval_strategy="steps" if plan.held_out and every else "no",
        eval_steps=every,
        save_strategy="steps",
        save_steps=schedule.save_every or max(100, math.ceil(plan.steps / 5)),
        save_total_limit=2,
        report_to=[],
        disable_tqdm=True,
    )


class _Watcher(TrainerCallback):
    """Passes each step on, stops a training that diverged, and marks checkpoints as complete."""

    def __init__(self, plan: Plan, watch: Callable[[Step], None]) -> None:
        self.plan, self.watch = plan, watch

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any
    ) -> TrainerControl:
        logs = given.get("logs") or {}
        loss = logs.get("loss", logs.get("eval_loss"))
        if loss is None:
            return control
        if not math.isfinite(loss):
            raise RunError(
                f"the training diverged: the loss is {loss} at step {state.global_step}",
                mend="lower schedule.learning_rate, or max_grad_norm",
            )
        done = state.global_step
        rate, norm = logs.get("learning_rate"), logs.get("grad_norm")
        self.watch(
            Step(
                step=done,
                steps=self.plan.steps,
                epoch=done * len(self.plan.order) / self.plan.steps / len(self.plan.rows),
                tokens=self.plan.tokens_at[done - 1],
                loss=float(logs["loss"]) if "loss" in logs else None,
                held_out_loss=float(logs["eval_loss"]) if "eval_loss" in logs else None,
                learning_rate=None if rate is None else float(rate),
                grad_norm=None if norm is None else float(norm),
            )
        )
        return control

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any
    ) -> TrainerControl:
        (Path(str(args.output_dir)) / f"checkpoint-{state.global_step}" / COMPLETE).touch()
        return control
