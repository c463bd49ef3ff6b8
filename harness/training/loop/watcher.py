"""What happens beside the steps of a training: each is passed on, divergence stops it, checkpoints are marked."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_utils import rotate_checkpoints

from harness.training.folders import COMPLETE
from harness.training.loop.clock import Clock
from harness.training.loop.plan import Plan
from harness.training.loop.processes import wait_for_all
from harness.training.loop.steps import Step
from harness.training.repeats import Diverged

#: What objectives measure beside the loss, as TRL names it: how far answers moved from the reference, and to where.
_EXTRA = ("rewards/", "logps/")


class Watcher(TrainerCallback):
    """Passes each step on, stops a training that diverged, marks checkpoints as complete and removes old ones.

    Args:
        clock: Whose time is kept with each checkpoint.
        kept: Checkpoints that are left in place.
        watch: Called with each step, in the first process only.
    """

    def __init__(self, plan: Plan, clock: Clock, kept: int, watch: Callable[[Step], None]) -> None:
        self.plan, self.clock, self.kept, self.watch = plan, clock, kept, watch

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any
    ) -> TrainerControl:
        logs = given.get("logs") or {}
        loss = logs.get("loss", logs.get("eval_loss"))
        if loss is None:
            return control
        if not math.isfinite(loss):
            raise Diverged(
                f"the training diverged: the loss is {loss} at step {state.global_step}",
                mend="lower schedule.learning_rate, or max_grad_norm",
            )
        if not state.is_world_process_zero:
            return control
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
                extra={
                    name.removeprefix("eval_"): float(value)
                    for name, value in logs.items()
                    if name.removeprefix("eval_").startswith(_EXTRA)
                },
            )
        )
        return control

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any
    ) -> TrainerControl:
        # Each process saves its random state: only then is a checkpoint whole, and only then may older ones go.
        wait_for_all()
        if state.is_world_process_zero:
            folder = str(args.output_dir)
            checkpoint = Path(folder) / f"checkpoint-{state.global_step}"
            self.clock.keep(checkpoint)
            (checkpoint / COMPLETE).touch()
            rotate_checkpoints(folder, save_total_limit=self.kept)
        return control
