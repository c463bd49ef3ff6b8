"""The base with an untrained adapter on it, and the trained adapter back on disk in PEFT's format."""

import json
from pathlib import Path
from typing import Any

import torch
from peft import get_peft_model, prepare_model_for_kbit_training
from transformers import AutoModelForCausalLM, BitsAndBytesConfig, set_seed

from harness.models import Base
from harness.records import InputError, Unavailable
from harness.training.recipe import Recipe


def training_dtype(wanted: str) -> str:
    """The number format of forward and backward pass; the adapter's own weights are always float32."""
    if wanted != "auto":
        return wanted
    return "bfloat16" if torch.cuda.is_available() and torch.cuda.is_bf16_supported() else "float32"


def adapted_model(base: Base, recipe: Recipe, dtype: str) -> Any:
    """The base, frozen, with a fresh adapter whose starting weights come from the recipe's seed.

    Raises:
        InputError: the method names modules that the base does not have.
        Unavailable: bitsandbytes is needed and absent.
    """
    set_seed(recipe.seed)
    model = _load(base, recipe, dtype)
    model.config.use_cache = False
    try:
        adapted = get_peft_model(model, recipe.method.config())
    except ValueError as error:
        raise InputError(
            f"PEFT refuses the method: {str(error).splitlines()[0]}",
            where=f"{recipe.adapter}: method",
            mend="check target_modules against the base's modules",
        ) from None
    if recipe.schedule.gradient_checkpointing:
        adapted.enable_input_require_grads()
    return adapted


def save_adapter(model: Any, recipe: Recipe, folder: Path) -> None:
    """Write weights and configuration such that equal adapters are equal files.

    The configuration names the base as the recipe does, not by this machine's path, and lists are in order. PEFT's
    model card, an empty form, is left out.
    """
    model.save_pretrained(folder, save_embedding_layers=False)
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
        return prepare_model_for_kbit_training(model, use_gradient_checkpointing=recipe.schedule.gradient_checkpointing)
    return model
