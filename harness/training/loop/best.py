"""The weights of the lowest held-out loss: kept beside the checkpoints, where no limit on their number reaches them."""

from pathlib import Path
from typing import Any

from transformers import EarlyStoppingCallback, TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from harness.training.loop.kept import keep_weights, restore_weights
from harness.training.loop.processes import is_first_process
from harness.training.recipes.methods import TrainingMethod
from harness.training.recipes.sections import Evaluation

_FILE = "best.safetensors"


def evaluation_callbacks(evaluation: Evaluation, folder: Path) -> list[TrainerCallback]:
    """What a recipe wants to happen when the held-out loss was measured."""
    wanted: list[TrainerCallback] = [KeepBest(folder)] if evaluation.keep_best else []
    if rule := evaluation.early_stopping:
        wanted.append(StopEarly(early_stopping_patience=rule.patience, early_stopping_threshold=rule.threshold))
    return wanted


class StopEarly(EarlyStoppingCallback):
    """transformers' early stopping, which does not leave a checkpoint at its end.

    From such a checkpoint a training that was killed while it saved would go on past the step where it had stopped.
    """

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any, **given: Any) -> None:  # type: ignore[override]
        super().on_evaluate(args, state, control, metrics, **given)
        if control.should_training_stop:
            control.should_save = False


class KeepBest(TrainerCallback):
    """Saves what is trained whenever the held-out loss is lower than ever before.

    The lowest loss so far is part of the trainer's own state, so a resumed training knows it. What was saved after the
    checkpoint that it resumes from is saved again at the same step.

    Args:
        folder: Of the training.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any) -> None:
        lowest = state.best_metric
        if is_first_process() and (lowest is None or given["metrics"]["eval_loss"] < lowest):
            keep_weights(given["model"], self._folder / _FILE, state.global_step)


def restore_best(model: Any, folder: Path, method: TrainingMethod) -> None:
    """Put the weights of the lowest held-out loss back into the model."""
    restore_weights(model, folder / _FILE, method)
