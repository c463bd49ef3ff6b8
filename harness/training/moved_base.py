"""PiSSA and OLoRA start by taking a part out of the base's weights: their adapters are saved as plain LoRA instead."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel

from harness.records import InputError, RunError
from harness.training.loop.processes import is_first_process
from harness.training.recipes.methods import Lora
from harness.training.recipes.recipe import Recipe
from harness.training.rows.encode import Row

#: Largest change of a log-probability (nats) that float32 rounding may cause; both differ by about 1e-5.
TOLERANCE = 1e-3
_CHECKED_ROWS = 4
#: PEFT reads the folder's name to find out what it holds.
_START = "starting_weights"


def keep_start(model: Any, recipe: Recipe, folder: Path) -> Path | None:
    """Save the factors that were taken out of the base, before the first step; None where nothing was.

    Raises:
        InputError: the rank is larger than a side of one of the weights.
    """
    method = recipe.method
    if not isinstance(method, Lora) or not method.moves_base:
        return None
    smallest = min(min(weight.shape) for name, weight in model.named_parameters() if ".lora_" in name)
    if smallest < method.r:
        raise InputError(
            f"{method.init} takes at most {smallest} directions out of this base's smallest weight, not {method.r}",
            where=f"{recipe.adapter}: method",
            mend="lower r, or use init: default",
        )
    # With its own word here, PEFT would take the part out of the base once more whenever it loads the factors.
    model.peft_config["default"].init_lora_weights = True
    if is_first_process():
        model.save_pretrained(folder / _START, save_embedding_layers=False)
    return folder / _START


def check_conversion(trained: Any, base: Any, adapter: Path, rows: Sequence[Row]) -> None:
    """Compare the model that was trained with the untouched base under the adapter that was saved.

    Raises:
        RunError: their log-probabilities differ, so the adapter is not what was trained.
    """
    converted = PeftModel.from_pretrained(base, str(adapter)).eval()
    # Around the outer module the training loop left its 16-bit arithmetic, which would hide what is compared.
    exact = trained.eval().base_model
    with torch.inference_mode():
        for row in rows[:_CHECKED_ROWS]:
            ids = torch.tensor([row.ids], device=trained.device)
            one, other = (model(input_ids=ids).logits.float().log_softmax(-1) for model in (exact, converted))
            difference = float((one - other).abs().max())
            if not difference <= TOLERANCE:
                raise RunError(
                    f"the converted adapter differs from what was trained by {difference:.2g} nats",
                    where=str(adapter.name),
                    mend="use init: default",
                )
