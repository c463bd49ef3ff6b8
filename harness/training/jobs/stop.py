"""Stopping a training between two steps, with a checkpoint saved, so that nothing that was learned is lost."""

from collections.abc import Callable
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from harness.training.jobs.job import Stopped
from harness.training.loop.processes import wait_for_all


class StopWhenAsked(TrainerCallback):
    """Asks after each step; once told to stop, has a checkpoint saved and ends the training.

    Args:
        asked: Whether to stop now.
    """

    def __init__(self, asked: Callable[[], bool]) -> None:
        self._asked = asked
        self._stopping = False

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any) -> None:
        if self._asked() and state.global_step < state.max_steps:
            self._stopping = control.should_save = control.should_training_stop = True

    def on_train_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any) -> None:
        if self._stopping:
            # The end of one process has the launcher end the others, which may be saving still.
            wait_for_all()
            raise Stopped(
                f"stopped after step {state.global_step} of {state.max_steps}, with a checkpoint",
                mend="the same command goes on from there",
            )
