"""What some methods do in each step, and what of them PEFT's checkpoints leave out: callbacks of the training loop."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from harness.training.recipes.methods import AdaLora, PTuning, TrainingMethod


def method_callbacks(method: TrainingMethod, resumed_from: Path | None) -> list[TrainerCallback]:
    """The callbacks that a method needs.

    Args:
        resumed_from: The checkpoint that the training goes on from.
    """
    if isinstance(method, AdaLora):
        return [RankAllocation(resumed_from)]
    return [TrainedNetwork(resumed_from)] if isinstance(method, PTuning) else []


class RankAllocation(TrainerCallback):
    """Lets AdaLoRA drop ranks after each step.

    The ranks chosen so far are kept here and not in PEFT's configuration until the training ends: PEFT cuts the
    tensors of a checkpoint to them, while a rank that was dropped may still come back.
    """

    _RANKS, _IMPORTANCE = "adalora_ranks.json", "adalora_importance.safetensors"
    _AVERAGES = ("ipt", "exp_avg_ipt", "exp_avg_unc")

    def __init__(self, resumed_from: Path | None) -> None:
        self._resumed_from = resumed_from
        self._ranks: dict[str, list[bool]] | None = None
        self._orthogonality = 0.0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any
    ) -> None:
        model = given["model"]
        self._orthogonality = model.peft_config["default"].orth_reg_weight
        if self._resumed_from is None:
            return
        self._ranks = json.loads((self._resumed_from / self._RANKS).read_text(encoding="utf-8"))
        saved = load_file(self._resumed_from / self._IMPORTANCE, device=str(model.device))
        for average in self._AVERAGES:
            prefix = f"{average}:"
            mine = {name.removeprefix(prefix): value for name, value in saved.items() if name.startswith(prefix)}
            setattr(model.base_model.rankallocator, average, mine)

    def on_optimizer_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any
    ) -> None:
        model = given["model"]
        config = model.peft_config["default"]
        config.rank_pattern = self._ranks
        model.base_model.update_and_allocate(state.global_step)
        self._ranks, config.rank_pattern = config.rank_pattern, None

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any) -> None:
        # The held-out loss is compared with other methods', so it is measured without the penalty.
        if control.should_evaluate:
            given["model"].peft_config["default"].orth_reg_weight = 0.0

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any) -> None:
        given["model"].peft_config["default"].orth_reg_weight = self._orthogonality

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any) -> None:
        if not state.is_world_process_zero:
            return
        folder = _checkpoint(args, state)
        allocator = given["model"].base_model.rankallocator
        tensors = {
            f"{average}:{name}": value.contiguous()
            for average in self._AVERAGES
            for name, value in getattr(allocator, average).items()
        }
        save_file(tensors, folder / self._IMPORTANCE)
        (folder / self._RANKS).write_text(json.dumps(self._ranks), encoding="utf-8")

    def on_train_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any) -> None:
        config = given["model"].peft_config["default"]
        config.rank_pattern, config.orth_reg_weight = self._ranks, 0.0


class TrainedNetwork(TrainerCallback):
    """Keeps the network behind P-tuning's embeddings in checkpoints: PEFT saves what the network made, not itself."""

    _FILE = "p_tuning_network.safetensors"

    def __init__(self, resumed_from: Path | None) -> None:
        self._resumed_from = resumed_from

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any
    ) -> None:
        if self._resumed_from is not None:
            saved = load_file(self._resumed_from / self._FILE)
            with torch.no_grad():
                for name, weight in trained_weights(given["model"]).items():
                    weight.copy_(saved[name])

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any) -> None:
        if state.is_world_process_zero:
            tensors = {name: weight.detach().contiguous() for name, weight in trained_weights(given["model"]).items()}
            save_file(tensors, _checkpoint(args, state) / self._FILE)


def match_ranks(model: Any) -> None:
    """Take AdaLoRA's ranks from its singular values, once those of an earlier step are back: a dropped one is 0."""
    values = {name: weight for name, weight in model.base_model.model.named_parameters() if ".lora_E." in name}
    learned = any(bool(value.any()) for value in values.values())
    ranks = {name: (value.detach().flatten() != 0).tolist() for name, value in values.items()}
    model.peft_config["default"].rank_pattern = ranks if learned else None


def trained_weights(model: Any) -> dict[str, torch.Tensor]:
    """The parameters that the optimizer changes, by name."""
    return {name: weight for name, weight in model.named_parameters() if weight.requires_grad}


def _checkpoint(args: TrainingArguments, state: TrainerState) -> Path:
    return Path(str(args.output_dir)) / f"checkpoint-{state.global_step}"
