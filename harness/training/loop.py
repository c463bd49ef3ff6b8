"""The training loop: the objective's trainer, from the last checkpoint on, with what watches it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import PrinterCallback, Trainer, TrainerCallback

from harness.records import RunError
from harness.training.plan import Plan
from harness.training.recipe import Recipe
from harness.training.stateful import method_callbacks
from harness.training.steps import Step
from harness.training.watcher import COMPLETE, Watcher


def run_loop(
    model: Any,
    plan: Plan,
    recipe: Recipe,
    folder: Path,
    *,
    pad: int,
    dtype: str,
    watch: Callable[[Step], None],
    callbacks: Sequence[TrainerCallback] = (),
) -> dict[str, float]:
    """Train ``model`` in place, from the last complete checkpoint in ``folder`` if there is one.

    Args:
        callbacks: Called beside those of the method, before each step is passed on.

    Returns:
        Loss on the held-out rows, if there are any.

    Raises:
        RunError: the loss became NaN or infinite, or memory ran out.
    """
    checkpoint = last_checkpoint(folder)
    beside = [*method_callbacks(recipe.method, checkpoint), *callbacks, Watcher(plan, watch)]
    build = _trainer_of(recipe.objective.kind)
    trainer = build(model, plan, recipe, folder, pad=pad, dtype=dtype, callbacks=beside)
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


def _trainer_of(objective: str) -> Callable[..., Trainer]:
    if objective == "dpo":
        from harness.training.dpo import dpo_trainer

        return dpo_trainer
    from harness.training.sft import sft_trainer

    return sft_trainer


def last_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint that was written to its end."""
    found = [path for path in folder.glob("checkpoint-*") if (path / COMPLETE).is_file()]
    return max(found, key=lambda path: int(path.name.rpartition("-")[2]), default=None)
