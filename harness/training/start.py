"""The adapter that a training begins with: found, held against the recipe, and its weights put into the model."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.models import Adapter, Base, examine_adapter, method_of, resolve_adapter
from harness.models.examine import TRAINING_RECORD
from harness.models.resolve import REGISTERED
from harness.models.weights import read_json, read_tensors, weight_files
from harness.records import InputError
from harness.training.recipes.methods import PeftMethod
from harness.training.recipes.recipe import Recipe
from harness.training.recipes.sections import StartAdapter

if TYPE_CHECKING:
    import torch

    _Tensors = dict[str, torch.Tensor]

#: Settings of PEFT's that may differ: they name things, belong to the training alone, or are told by the tensors.
_FREE = {
    "auto_mapping", "base_model_name_or_path", "beta1", "beta2", "deltaT", "dropout", "encoder_dropout",
    "encoder_hidden_size", "encoder_num_layers", "encoder_reparameterization_type", "eva_config", "fan_in_fan_out",
    "feedforward_modules", "inference_mode", "init_ia3_weights", "init_lora_weights", "init_weights", "lora_dropout",
    "num_attention_heads", "num_layers", "num_transformer_submodules", "orth_reg_weight", "peft_version",
    "prompt_tuning_init", "prompt_tuning_init_text", "rank_pattern", "reduction_factor", "revision", "runtime_config",
    "target_modules", "target_r", "task_type", "tfinal", "tinit", "token_dim", "tokenizer_kwargs",
    "tokenizer_name_or_path", "total_step",
}  # fmt: skip
#: What may be the name of a registered adapter that ``registry:`` was left out before.
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(:[\w.-]+)?")
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
    if recipe.begins_with is None:
        return None
    adapter = _found(recipe.begins_with, folder)
    _refuse_another_base(adapter, base)
    _refuse_another_method(adapter, recipe)
    return Start(adapter, tuple(f"start: {text}" for text in examine_adapter(adapter, base)))


def put_in(model: Any, start: Start) -> None:
    """Replace the fresh weights of the adapter on ``model`` by those of the start.

    Raises:
        InputError: the start has other tensors than the recipe's method makes on this base.
    """
    from peft.utils import get_peft_model_state_dict, set_peft_model_state_dict

    folder = start.adapter.folder
    fresh = get_peft_model_state_dict(model, save_embedding_layers=False)
    saved = {name: tensor for _, name, tensor in read_tensors(weight_files(folder, "adapter_model"))}
    saved = _with_cut_ranks(saved, fresh, start.adapter.config.get("rank_pattern"))
    for has, other, said in ((saved, fresh, "the start has"), (fresh, saved, "the recipe makes")):
        if alone := [name for name in sorted(has) if name not in other or has[name].shape != other[name].shape]:
            raise InputError(
                f"start does not fit the recipe's method: {len(alone)} of the tensors that {said} are absent from the "
                f"other or of another shape, first {alone[0]} {list(has[alone[0]].shape)}",
                where=str(folder),
                mend=f"set target_modules and sizes as in {folder / 'adapter_config.json'}",
            )
    if start.adapter.method == "P_TUNING":
        _make_embeddings(model, saved["prompt_embeddings"] - fresh["prompt_embeddings"])
    else:
        set_peft_model_state_dict(model, saved)


def _with_cut_ranks(saved: "_Tensors", fresh: "_Tensors", pattern: Any) -> "_Tensors":
    """An AdaLoRA at the ranks it began with: those that were cut from it begin again, at a singular value of 0.

    Its update is scaled by the ranks that it began with, cut or not, and so stays what it was.

    Args:
        pattern: PEFT's: for each weight's singular values, which were kept. What does not fit is left as it is.
    """
    import torch

    whole = dict(saved)
    for name in fresh if isinstance(pattern, dict) else ():
        module, _, side = name.rpartition(".")
        kept = pattern.get(f"{module.removeprefix('base_model.model.')}.lora_E")
        axis = 1 if side == "lora_B" else 0
        if not isinstance(kept, list) or len(kept) != fresh[name].shape[axis] or name not in saved:
            continue
        places = [place for place, one in enumerate(kept) if one]
        if saved[name].shape[axis] == len(places):
            target = fresh[name].clone()
            whole[name] = target.index_copy_(axis, torch.tensor(places, dtype=torch.long), saved[name].to(target))
    return whole


def _make_embeddings(model: Any, missing: "torch.Tensor") -> None:
    """Let P-tuning's fresh network make the embeddings of the start: what it learns is added to them.

    Args:
        missing: The start's embeddings less those that the network makes untrained, (virtual tokens, width).
    """
    [encoder] = model.prompt_encoder.values()
    # A buffer, so that it goes where the network goes; of no checkpoint, since it is made anew from the start.
    encoder.register_buffer("missing", missing.to(encoder.embedding.weight.device), persistent=False)
    encoder.register_forward_hook(lambda network, given, made: made + network.missing)


def _found(start: StartAdapter, folder: Path) -> Adapter:
    if not start.adapter.startswith(REGISTERED):
        try:
            return resolve_adapter(start.adapter, revision=start.revision, folder=folder)
        except InputError as error:
            if _NAME.fullmatch(start.adapter) is None:
                raise
            mend = f"{error.mend}; a registered adapter is written {REGISTERED}{start.adapter}"
            raise InputError(error.what, where=error.where, mend=mend) from None
    # Imported where it is needed: it takes 130 MB.
    from harness.registry import Registry

    return Registry().adapter(start.adapter)


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
    wanted = _plain(recipe.method.config(steps=1_000_000, accumulation=1).to_dict())
    if adapter.method != wanted["peft_type"]:
        raise InputError(
            f"start is of type {adapter.method[:40]}, the recipe's method {recipe.method.kind}",
            where=where,
            mend="continue with the method that the start was trained with",
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
