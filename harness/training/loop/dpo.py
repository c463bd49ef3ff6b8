"""Preference alignment by TRL's DPOTrainer, over pairs that are already encoded, checked and put in order."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import gather_object
from datasets import Dataset
from peft import PeftModel
from transformers import Trainer, TrainerCallback
from transformers.trainer_utils import EvalLoopOutput
from trl import DPOConfig, DPOTrainer

from harness.engines.encoding import Encoder
from harness.training.loop.arguments import trainer_arguments
from harness.training.loop.held_out import measure_held_out
from harness.training.loop.plan import Plan
from harness.training.loop.sft import check_output_layer
from harness.training.loop.stateful import trained_weights
from harness.training.recipes.objectives import Dpo
from harness.training.recipes.recipe import Recipe
from harness.training.rows.encode import IGNORED
from harness.training.rows.preference import Pair


class AdapterOff(torch.nn.Module):
    """The model that is trained, with its adapter switched off: the reference, without weights of its own.

    Left to itself, TRL would copy the adapter, which not every method allows.
    """

    def __init__(self, adapted: PeftModel) -> None:
        super().__init__()
        self.config = adapted.config
        # In a list, so that it does not become a part of this module.
        self._adapted = [adapted]

    def __call__(self, **inputs: Any) -> Any:
        """The base's answer. Not ``forward``, which TRL replaces by one that looks for weights here."""
        [adapted] = self._adapted
        with adapted.disable_adapter():
            return adapted(**inputs)


class AtStart(torch.nn.Module):
    """The model that is trained, with the weights it has now: the reference where a training begins with an adapter.

    The base is shared; only what is trained is held twice. Switching the adapter off would give the base instead.
    """

    def __init__(self, adapted: PeftModel) -> None:
        super().__init__()
        self.config = adapted.config
        # In a list and a dictionary, so that they do not become parts of this module.
        self._adapted = [adapted]
        self._weights = {name: weight.detach().clone() for name, weight in trained_weights(adapted).items()}

    def __call__(self, **inputs: Any) -> Any:
        """The start's answer. Not ``forward``, which TRL replaces by one that looks for weights here."""
        [adapted] = self._adapted
        self._weights = {name: weight.to(adapted.device) for name, weight in self._weights.items()}
        return torch.func.functional_call(adapted, self._weights, (), inputs)


class _DpoTrainer(DPOTrainer):
    """TRL's trainer over encoded pairs, whose figures do not depend on the number of processes.

    TRL has all processes put the figures of each batch together, also where some have one batch less.
    """

    def _prepare_dataset(self, dataset: Dataset, *args: Any) -> Dataset:
        return dataset

    def compute_loss(self, *args: Any, **more: Any) -> Any:
        with _without_others(self.accelerator):
            return super().compute_loss(*args, **more)

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        noted = self._metrics["train"]
        for name, means in _of_all_processes(noted).items():
            noted[name] = [math.fsum(means) / len(means)]
        super().log(logs, start_time)

    def evaluation_loop(self, *args: Any, **more: Any) -> EvalLoopOutput:
        return measure_held_out(self, self._measured)

    def _measured(self) -> dict[str, float]:
        """What TRL noted of one held-out batch."""
        noted = {name: one for name, [one] in self._metrics["eval"].items()}
        self._metrics["eval"].clear()
        return noted

    def create_model_card(self, *args: Any, **more: Any) -> None:
        """No empty form in each checkpoint."""


@contextmanager
def _without_others(accelerator: Any) -> Iterator[None]:
    accelerator.gather = accelerator.gather_for_metrics = lambda found, *more: found
    try:
        yield
    finally:
        del accelerator.gather, accelerator.gather_for_metrics


def _of_all_processes(noted: dict[str, list[float]]) -> dict[str, list[float]]:
    """The values that each process noted of its batches, one after the other."""
    everywhere: list[dict[str, list[float]]] = gather_object([noted])
    return {name: [value for one in everywhere for value in one[name]] for name in noted}


def dpo_trainer(
    model: Any,
    plan: Plan,
    recipe: Recipe,
    folder: Path,
    *,
    pad: int,
    dtype: str,
    callbacks: Sequence[TrainerCallback],
) -> Trainer:
    """A trainer that takes the plan's pairs as they come.

    The reference is the adapter that the recipe starts from, else the model with its adapter switched off; for full
    fine-tuning, a second copy of the base.

    Args:
        pad: Token id that fills shorter sequences of a batch.
        dtype: Number format of forward and backward pass.

    Raises:
        InputError: the method trains the output layer, which TRL's loss does not see.
    """
    check_output_layer(model, recipe)
    objective = recipe.objective
    assert isinstance(objective, Dpo)
    pairs: list[Pair] = [*plan.rows, *plan.held_out]
    held_out = range(len(plan.rows), len(pairs))
    arguments = DPOConfig(
        **trainer_arguments(recipe, plan, folder, dtype),
        beta=objective.beta,
        loss_type=[objective.loss],
        label_smoothing=objective.label_smoothing,
        max_length=None,
    )
    padding = model.config.pad_token_id, model.generation_config.pad_token_id
    trainer = _DpoTrainer(
        model=model,
        ref_model=_reference(model, recipe),
        args=arguments,
        data_collator=lambda rows: collate_pairs([pairs[row["pair"]] for row in rows], pad),
        train_dataset=Dataset.from_dict({"pair": plan.order}),
        eval_dataset=Dataset.from_dict({"pair": held_out}) if held_out else None,
        processing_class=Encoder.load(Path(model.config.name_or_path)).tokenizer,
        callbacks=list(callbacks),
    )
    # With a tokenizer, TRL and transformers write its special tokens into the model's configuration.
    model.config.pad_token_id, model.generation_config.pad_token_id = padding
    trainer.processing_class = None
    return trainer


def _reference(model: Any, recipe: Recipe) -> Any:
    if not isinstance(model, PeftModel):
        return None
    return AdapterOff(model) if recipe.start is None else AtStart(model)


def collate_pairs(pairs: Sequence[Pair], pad: int) -> dict[str, torch.Tensor]:
    """A batch as `DPOTrainer` takes it: all chosen sequences, then all rejected ones, padded on the right.

    Returns:
        Token ids, attention mask and mask of the answers, each (2 * pairs, longest).
    """
    rows = [pair.chosen for pair in pairs] + [pair.rejected for pair in pairs]
    longest = max(row.size for row in rows)
    gaps = [longest - row.size for row in rows]
    learned = [[label != IGNORED for label in row.labels] for row in rows]
    return {
        "input_ids": torch.tensor([[*row.ids, *[pad] * gap] for row, gap in zip(rows, gaps, strict=True)]),
        "attention_mask": torch.tensor([[1] * (longest - gap) + [0] * gap for gap in gaps]),
        "completion_mask": torch.tensor([[*map(int, one), *[0] * gap] for one, gap in zip(learned, gaps, strict=True)]),
    }
