"""Loading the base: no code from its folder, no pickles, none of its sampling defaults."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from harness.models.quiet import quiet_libraries
from harness.records import InputError, reason


def load_base(folder: Path, dtype: torch.dtype, device: torch.device, quantization: str | None = None) -> Any:
    """A causal language model, ready to answer.

    Raises:
        InputError: its files cannot be loaded, or bitsandbytes is asked for and absent.
    """
    from transformers import AutoModelForCausalLM, GenerationConfig

    quiet_libraries()
    quantized = {"quantization_config": _quantization(quantization, dtype)} if quantization else {}
    try:
        model: Any = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=dtype,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            device_map={"": device} if quantization else None,
            **quantized,
        )
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        raise InputError(f"cannot be loaded ({reason(error)})", where=str(folder)) from error
    # The model's own sampling defaults must not leak into what a task asks for.
    model.generation_config = GenerationConfig()
    # PEFT does the same to a base, and torch picks its kernels by it: without this, the base would answer with other
    # last digits once an adapter had been put on and taken off.
    model.requires_grad_(False)
    return (model if quantization else model.to(device)).eval()


def _quantization(kind: str, dtype: torch.dtype) -> Any:
    from transformers import BitsAndBytesConfig

    if find_spec("bitsandbytes") is None:
        raise InputError(
            "quantization needs bitsandbytes", where="engine.options", mend="pip install 'adapter-harness[quant]'"
        )
    if kind == "int8":
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype)
