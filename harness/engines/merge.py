"""A full model from a base and an adapter: for engines that cannot serve the adapter as it is, and to be shipped."""

from pathlib import Path
from typing import Any

from harness.models import Model
from harness.records import InputError, reason


def merge_into(model: Model, folder: Path, tokenizer: Any, dtype: str) -> Path:
    """Write base and adapter as one model, in ``dtype``.

    Raises:
        InputError: PEFT cannot put the adapter on the base, or the sum is not finite.
    """
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    assert model.adapter is not None
    base = AutoModelForCausalLM.from_pretrained(
        model.base.folder, dtype=torch.float32, local_files_only=True, trust_remote_code=False, use_safetensors=True
    )
    try:
        merged = PeftModel.from_pretrained(base, str(model.adapter.folder)).merge_and_unload(safe_merge=True)
    except (ValueError, RuntimeError, TypeError, KeyError) as error:
        raise InputError(
            f"the adapter cannot be merged ({reason(error)})",
            where=f"model {model.name!r}",
            mend="set engine.options.unsupported to transformers",
        ) from error
    merged.to(getattr(torch, dtype)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
