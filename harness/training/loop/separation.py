"""Packing is only right on a base whose rows do not see one another. That is tried out on the model, not assumed."""

from collections.abc import Sequence
from typing import Any

import torch

from harness.records import InputError
from harness.training.loop.packing import PackedRow, positions

#: Largest change of a logit, as a share of the largest logit, that arithmetic alone may cause.
_ROUNDING = {torch.float32: 1e-5, torch.bfloat16: 1e-2, torch.float16: 1e-3}


def check_separation(model: Any, sequences: Sequence[PackedRow], where: str) -> None:
    """Change the first row of a packed sequence and see that the logits of the others stay what they were.

    Layers that carry a state from token to token (Mamba, linear attention) do not know where a row ends.

    Args:
        where: Named in the error.

    Raises:
        InputError: the logits moved.
    """
    shared = [one for one in sequences if len(one.sizes) > 1]
    if not shared:
        return
    sizes = min((one.sizes[:2] for one in shared), key=sum)
    ids = next(one.ids for one in shared if one.sizes[:2] == sizes)[: sum(sizes)]
    other = [*((token + 1) % model.config.vocab_size for token in ids[: sizes[0]]), *ids[sizes[0] :]]
    before, after = (_logits(model, tokens, sizes) for tokens in (ids, other))
    moved = float((after - before)[sizes[0] :].abs().max() / before.abs().max())
    if moved > _ROUNDING.get(model.dtype, 1e-2):
        raise InputError(
            f"packed rows of this base see the row before (its logits move by {moved:.2g} of their size)",
            where=where,
            mend="leave out schedule.packing",
        )


def _logits(model: Any, ids: Sequence[int], sizes: Sequence[int]) -> torch.Tensor:
    """Of each token, (tokens, vocabulary), in float32."""
    training = model.training
    model.eval()
    with torch.no_grad():
        given = {"input_ids": list(ids), "position_ids": positions(sizes)}
        batch = {name: torch.tensor([one], device=model.device) for name, one in given.items()}
        logits = model(**batch, use_cache=False).logits[0].float()
    model.train(training)
    return logits
