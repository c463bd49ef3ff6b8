"""The adapter that a training begins with: found, held against the recipe, and its weights put into the model."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.models import Adapter, Base, examine_adapter, method_of, resolve_adapter
from harness.models.examine import TRAINING_RECORD
from harness.models.weights import read_json, read_tensors, weight_files
from harness.records import InputError
from harness.training.recipes.methods import PeftMethod
from harness.training.recipes.recipe import Recipe

#: Settings of PEFT's that may differ: they name things, belong to the training alone, or are told by the tensors.
_FREE = {
    "auto_mapping", "base_model_name_or_path", "beta1", "beta2", "deltaT", "dropout", "encoder_hidden_size",
    "eva_config", "fan_in_fan_out", "feedforward_modules", "inference_mode", "init_ia3_weights",
    "init_lora_weights", "init_weights", "lora_dropout", "num_attention_heads", "num_layers",
    "num_transformer_submodules", "orth_reg_weight", "peft_version", "prompt_tuning_init",
    "prompt_tuning_init_text", "rank_pattern", "reduction_factor", "revision", "runtime_config", "target_modules",
    "target_r", "task_type", "tfinal", "tinit", "token_dim", "tokenizer_kwargs", "tokenizer_name_or_path",
    "total_step",
}  # fmt: skip
#: What a recipe calls PEFT's settings.
_NAMES = {"lora_alpha": "alpha", "use_rslora": "rslora", "num_virtual_tokens": "virtual_tokens"}


@dataclass(frozen=True)
class Start:
    """An adapter that fits recipe and base, and what is to be said of it."""

    adapter: Adapter
    warnings: tuple[str, ...]


def resolve_start(recipe: Recipe, folder: Path, base: Base) -> Start | None:
    """The adapter that a recipe names as its start, examined without loading a model; None where it names none.

    Raises:
        InputError: it is damaged or untrained, belongs to another base, or is of another method or other settings.
    """
    if recipe.start is None:
        return None
    adapter = resolve_adapter(recipe.start, folder=folder)
    _refuse_another_base(adapter, base)
    _refuse_another_method(adapter, recipe)
    return Start(adapter, tuple(f"start: {text}" for text in examine_adapter(adapter, base)))


def put_in(model: Any, start: Start) -> None:
    """Replace the fresh weights of the adapter on ``model`` by those of the start.

    Raises:
        InputError: the start has other tensors than the recipe's method makes on this base.
    """
    from peft.utils import get_peft_model_state_dict, set_peft_model_state_dict

    fresh = get_peft_model_state_dict(model, save_embedding_layers=False)
    saved = {name: tensor for _, name, tensor in read_tensors(weight_files(start.adapter.folder, "adapter_model"))}
    folder = start.adapter.folder
    for has, other, said in ((saved, fresh, "the start has"), (fresh, saved, "the recipe makes")):
        if alone := [name for name in sorted(has) if name not in other or has[name].shape != other[name].shape]:
            raise InputError(
                f"start does not fit the recipe's method: {len(alone)} of the tensors that {said} are absent from the "
                f"other or of another shape, first {alone[0]} {list(has[alone[0]].shape)}",
                where=str(folder),
                mend=f"set target_modules and sizes as in {folder / 'adapter_config.json'}",
            )
    set_peft_model_state_dict(model, saved)


def _refuse_another_base(adapter: Adapter, base: Base) -> None:
    record = adapter.folder / TRAINING_RECORD
    trained_on = read_json(record).get("base_fingerprint") if record.is_file() else None
    if trained_on not in (None, base.fingerprint):
        raise InputError(
            f"start was trained on a base with fingerprint {_short(trained_on)}, not {base.fingerprint}",
            where=str(adapter.folder),
            mend=f"the recipe's base is {base.reference}; name the one that the start was trained on",
        )


def _refuse_another_method(adapter: Adapter, recipe: Recipe) -> None:
    where = str(adapter.folder)
    assert isinstance(recipe.method, PeftMethod)
    wanted = _plain(recipe.method.config(steps=100, accumulation=1).to_dict())
    if adapter.method != wanted["peft_type"]:
        raise InputError(
            f"start is of type {adapter.method[:40]}, the recipe's method {recipe.method.kind}",
            where=where,
            mend="continue with the method that the start was trained with",
        )
    if adapter.method == "ADALORA" and adapter.config.get("rank_pattern"):
        raise InputError(
            "start is an AdaLoRA whose ranks were cut, which cannot grow back",
            where=where,
            mend="train both steps with lora",
        )
    if method_of(adapter).moves_base:
        raise InputError(
            f"start takes a part out of the base (init_lora_weights: {_short(adapter.config['init_lora_weights'])})",
            where=where,
            mend="save it as a plain LoRA: PEFT's path_initial_model_for_weight_conversion",
        )
    if differing := list(_differences(wanted, adapter.config)):
        raise InputError(
            "start and recipe differ in method: " + "; ".join(differing),
            where=where,
            mend="set them in the recipe as the start has them",
        )


def _differences(wanted: dict[str, Any], had: dict[str, Any]) -> Iterator[str]:
    """Settings that decide shapes or the size of the update; what the start's PEFT did not know is at its default."""
    for key in sorted(wanted.keys() & had.keys() - _FREE):
        # A width that the recipe leaves to the base's is told by the tensors.
        left_open = key == "bottleneck_size" and wanted[key] is None
        if not left_open and _plain(had[key] or None) != (wanted[key] or None):
            yield f"{_NAMES.get(key, key)} is {_short(had[key])} in the start, {_short(wanted[key])} in the recipe"


def _plain(value: Any) -> Any:
    """A configuration of PEFT's as its file holds it."""
    return json.loads(json.dumps(value, default=sorted))


def _short(value: Any) -> str:
    return repr(value)[:40]
