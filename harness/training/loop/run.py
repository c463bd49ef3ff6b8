"""The training loop: the objective's trainer, from the last checkpoint on, with what watches it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import huggingface_hub.constants
from transformers import PrinterCallback, Trainer, TrainerCallback

from harness.training.folders import last_checkpoint
from harness.training.loop.best import evaluation_callbacks, restore_best
from harness.training.loop.clock import Clock
from harness.training.loop.plan import Plan
from harness.training.loop.stateful import method_callbacks
from harness.training.loop.steps import Step
from harness.training.loop.watcher import Watcher
from harness.training.recipes.recipe import Recipe


@dataclass(frozen=True)
class Outcome:
    """How a training ended.

    Attributes:
        steps: Done, fewer than planned where it was stopped.
        saved_step: The step whose weights the model now holds.
        held_out_loss: Of these weights; None without held-out rows.
    """

    steps: int
    saved_step: int
    held_out_loss: float | None

    @property
    def losses(self) -> dict[str, float]:
        return {} if self.held_out_loss is None else {"held_out_loss": self.held_out_loss}


def run_loop(
    model: Any,
    plan: Plan,
    recipe: Recipe,
    folder: Path,
    *,
    pad: int,
    dtype: str,
    clock: Clock,
    watch: Callable[[Step], None],
    callbacks: Sequence[TrainerCallback] = (),
) -> Outcome:
    """Train ``model`` in place, from the last complete checkpoint in ``folder`` if there is one.

    Args:
        clock: Of the whole training; its time is kept with each checkpoint.
        callbacks: Called beside those of the method, before each step is passed on.

    Raises:
        RunError: the loss became NaN or infinite.
    """
    # TRL would tell its makers of each training.
    huggingface_hub.constants.HF_HUB_DISABLE_TELEMETRY = True
    checkpoint = last_checkpoint(folder)
    beside = [
        *method_callbacks(recipe.method, checkpoint),
        *evaluation_callbacks(recipe.evaluation, folder),
        *callbacks,
        Watcher(plan, clock, recipe.schedule.save_total_limit, watch),
    ]
    build = _trainer_of(recipe.objective.kind)
    with _uncast(model):
        trainer = build(model, plan, recipe, folder, pad=pad, dtype=dtype, callbacks=beside)
    trainer.remove_callback(PrinterCallback)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    done, state = trainer.state.global_step, trainer.state
    if recipe.evaluation.keep_best and state.best_global_step:
        restore_best(model, folder, recipe.method)
        return Outcome(done, state.best_global_step, state.best_metric)
    measured = [line["eval_loss"] for line in state.log_history if "eval_loss" in line]
    return Outcome(done, done, measured[-1] if measured else None)


@contextmanager
def _uncast(model: Any) -> Iterator[None]:
    """Give what is trained its values back: over a 4-bit base TRL rounds them to bfloat16.

    That is too coarse for the optimizer's steps, and for weights that an earlier training has made.
    """
    trained = [(weight, weight.data) for weight in model.parameters() if weight.requires_grad]
    yield
    for weight, data in trained:
        weight.data = data.to(weight.device)


def _trainer_of(objective: str) -> Callable[..., Trainer]:
    if objective == "dpo":
        from harness.training.loop.dpo import dpo_trainer

        return dpo_trainer
    from harness.training.loop.sft import sft_trainer

    return sft_trainer
