"""The base made ready for training, with an untrained adapter on it, and what was trained back on disk."""

import json
import shutil
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from peft import get_peft_model, prepare_model_for_kbit_training
from transformers import AutoModelForCausalLM, BitsAndBytesConfig, set_seed

from harness.models import Base
from harness.models.resolve import settings_files
from harness.models.weights import read_tensors, weight_files
from harness.records import InputError, RunError, Unavailable, nearest, reason
from harness.training.loop.processes import process_count
from harness.training.moved_base import check_conversion
from harness.training.recipes.methods import Full
from harness.training.recipes.recipe import Recipe
from harness.training.rows.encode import Row
from harness.training.start import Start, put_in


def training_dtype(wanted: str) -> str:
    """The number format of forward and backward pass; the adapter's own weights are always float32."""
    if wanted != "auto":
        return wanted
    return "bfloat16" if torch.cuda.is_available() and torch.cuda.is_bf16_supported() else "float32"


def trainable_model(base: Base, recipe: Recipe, dtype: str, steps: int, start: Start | None = None) -> Any:
    """The base with an adapter whose weights come from the start, or from the recipe's seed; for full, the base.

    Raises:
        InputError: the method does not fit the base, the number of steps or the start.
        Unavailable: bitsandbytes is needed and absent.
    """
    method = recipe.method
    set_seed(recipe.seed)
    # Trained weights are kept in float32, and so are weights that a starting update is taken out of: in 16 bit, steps
    # and remainders would be lost to rounding.
    exact = isinstance(method, Full) or method.moves_base
    model = _load(base, recipe, "float32" if exact else dtype)
    model.config.use_cache = False
    adapted = with_adapter(model, recipe, steps)
    if start is not None:
        put_in(adapted, start)
    return adapted


def with_adapter(model: Any, recipe: Recipe, steps: int) -> Any:
    """A model with what is trained of it: an adapter of the recipe's method, or for full fine-tuning all its weights.

    Raises:
        InputError: the method does not fit the base or the number of steps.
    """
    method = recipe.method
    if isinstance(method, Full):
        return model
    _refuse_unknown_modules(model, recipe)
    batches = recipe.schedule.gradient_accumulation * process_count()
    try:
        adapted = get_peft_model(model, method.config(steps=steps, accumulation=batches))
    except ValueError as error:
        raise InputError(
            f"{method.kind} cannot be put on this base: {reason(error).partition('. Please')[0]}",
            where=f"{recipe.adapter}: method",
            mend="check target_modules and steps against base and method, or use another kind",
        ) from None
    for name, weight in adapted.named_parameters():
        # AdaLoRA's divisor of the update. Over a base in 16 bit PEFT leaves it trainable, and it is not saved.
        if ".ranknum." in name:
            weight.requires_grad_(False)
    if recipe.schedule.gradient_checkpointing:
        adapted.enable_input_require_grads()
    return adapted


def _refuse_unknown_modules(model: Any, recipe: Recipe) -> None:
    """PEFT passes over a name that no module has, as long as another one matches."""
    names = [name for name, _ in model.named_modules() if name]
    for key in ("target_modules", "feedforward_modules"):
        wanted = getattr(recipe.method, key, None)
        for one in wanted if isinstance(wanted, list) else ():
            if not any(name == one or name.endswith(f".{one}") for name in names):
                inner = {name.rpartition(".")[2] for name, part in model.named_modules() if hasattr(part, "weight")}
                raise InputError(
                    f"no module of this base is called {one!r}",
                    where=f"{recipe.adapter}: method.{key}",
                    mend=nearest(one, sorted(inner)),
                )


def save_trained(model: Any, base: Base, recipe: Recipe, folder: Path, start: Path | None, rows: Sequence[Row]) -> None:
    """Write the adapter, or the new base, to its folder.

    Args:
        start: What `keep_start` gave before the training.
        rows: Some of them show that a converted adapter answers as the model did that was trained.
    """
    if isinstance(recipe.method, Full):
        save_base(model, base, folder)
        return
    save_adapter(model, recipe, folder, start)
    if start is not None:
        check_conversion(model, _load(base, recipe, "float32").to(model.device), folder, rows)


def save_adapter(model: Any, recipe: Recipe, folder: Path, start: Path | None = None) -> None:
    """Write weights and configuration such that equal adapters are equal files.

    The configuration names the base as the recipe does, not by this machine's path, and lists are in order. PEFT's
    model card, an empty form, is left out.

    Args:
        start: The starting factors that were taken out of the base's weights, which the adapter then gives back.
    """
    back = str(start) if start else None
    with warnings.catch_warnings():
        # AdaLoRA leaves some weights without any rank, which PEFT takes for a shard that is missing.
        warnings.filterwarnings("ignore", message=".*LoRA tensor\\(s\\) have invalid shape")
        model.save_pretrained(folder, save_embedding_layers=False, path_initial_model_for_weight_conversion=back)
    (folder / "README.md").unlink(missing_ok=True)
    (folder / "adapter_model.safetensors").chmod(0o644)
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["base_model_name_or_path"] = recipe.base
    config["revision"] = recipe.revision
    for key in ("target_modules", "feedforward_modules"):
        if isinstance(config.get(key), list):
            config[key] = sorted(config[key])
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def save_base(model: Any, base: Base, folder: Path) -> None:
    """Write a fully trained model as a new base: weights in the number format of the base, and its tokenizer's files.

    Raises:
        RunError: rounded to that format, not one weight differs from the base's.
    """
    own = str(base.config.get("dtype") or base.config.get("torch_dtype") or "float32")
    model.config.use_cache = True
    model.to(getattr(torch, own)).save_pretrained(folder)
    for path in folder.glob("*.safetensors"):
        path.chmod(0o644)
    for path in settings_files(base.folder):
        if not (folder / path.name).exists():
            shutil.copyfile(path, folder / path.name)
    weights = model.state_dict()
    old = ((name, tensor) for _, name, tensor in read_tensors(weight_files(base.folder, "model")) if name in weights)
    if all(torch.equal(weights[name].cpu(), tensor.to(weights[name].dtype)) for name, tensor in old):
        raise RunError(
            f"no weight changed by as much as {own} can hold",
            where=base.reference,
            mend="raise schedule.learning_rate, or train longer",
        )


def _load(base: Base, recipe: Recipe, dtype: str) -> Any:
    more: dict[str, Any] = {}
    if recipe.method.quantizes_base:
        try:
            import bitsandbytes  # noqa: F401
        except ImportError:
            raise Unavailable(
                "4-bit training needs bitsandbytes", where=recipe.adapter, mend="pip install 'adapter-harness[quant]'"
            ) from None
        more["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=getattr(torch, dtype),
        )
    # A frozen base needs no float32 copy of its weights where the arithmetic is bfloat16 anyway.
    model = AutoModelForCausalLM.from_pretrained(
        base.folder,
        dtype=getattr(torch, dtype),
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=True,
        **more,
    )
    if recipe.method.quantizes_base:
        layer: Any
        for layer in model.modules():
            # bitsandbytes would pack the weights at the first measurement, and pass no gradient through them any more.
            if hasattr(layer, "support_avx512bf16_for_cpu"):
                layer.support_avx512bf16_for_cpu = False
        return prepare_model_for_kbit_training(model, use_gradient_checkpointing=recipe.schedule.gradient_checkpointing)
    return model
