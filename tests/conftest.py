"""Fixtures that every room's tests share."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from harness.records import reference_model

pytest_plugins = ["tests.chat_recipes"]

# What a busy machine takes for an example says nothing of the code.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

_BESIDE = Path(__file__).resolve().parents[2] / "shared"

# A shell that starts the tests in the background lets them, and all that they start, ignore Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real public data and models beside the repository, or where ``HARNESS_SHARED`` says."""
    folder = Path(os.environ.get("HARNESS_SHARED", _BESIDE))
    if not folder.is_dir():
        pytest.skip(f"real data is not here: no folder {folder} (set HARNESS_SHARED)")
    return folder


@pytest.fixture(scope="session")
def base_folder() -> Path:
    """The reference model: a real tokenizer and real weights, a few million parameters."""
    return reference_model()


@pytest.fixture(scope="session")
def make_adapter(tmp_path_factory: pytest.TempPathFactory, base_folder: Path) -> Callable[..., Path]:
    """Makes a PEFT adapter with random weights (so that it acts) on the reference model; returns its folder."""

    def make(name: str, config: Any = None, seed: int = 0) -> Path:
        import torch
        from peft import LoraConfig, get_peft_model
        from transformers import AutoModelForCausalLM

        torch.manual_seed(seed)
        config = config or LoraConfig(r=8, target_modules=["q_proj", "v_proj", "up_proj"], init_lora_weights=False)
        folder = tmp_path_factory.mktemp("adapters") / name
        model = get_peft_model(AutoModelForCausalLM.from_pretrained(base_folder, dtype=torch.float32), config)
        model.save_pretrained(folder)
        return folder

    return make
