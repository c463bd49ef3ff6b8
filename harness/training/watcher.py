"""What happens beside the steps of a training: each is passed on, divergence stops it, checkpoints are marked."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from harness.records import RunError
from harness.training.plan import Plan
from harness.training.steps import Step

#: Written into a checkpoint after all else: a checkpoint without it was cut off by a kill.
COMPLETE = "complete"


class Watcher(TrainerCallback):
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
