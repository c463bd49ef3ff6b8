"""How far an adapter moves the base's next-token distribution: KL(base‖tuned), exact over the whole vocabulary.

Both distributions come from one loaded model with the adapter switched off and on.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch

from harness.engines.pairs import Pair
from harness.engines.transformers.likelihood import right_padded

#: Logits held at once for each of the two models (float32: 512 MiB).
_LOGITS = 1 << 27


def kl_per_token(base_logits: torch.Tensor, tuned_logits: torch.Tensor) -> torch.Tensor:
    """KL(base‖tuned) of the next-token distributions at each position, in nats.

    Args:
        base_logits, tuned_logits: Shape ``(..., vocabulary)``, any dtype; what is computed is float32.

    Returns:
        Shape ``(...)``, float32, not below zero (rounding aside, which is cut off).
    """
    base, tuned = (logits.float().log_softmax(-1) for logits in (base_logits, tuned_logits))
    # A token that the base excludes (log-probability -inf) adds nothing, whatever the other model says.
    terms = torch.where(base.isneginf(), 0.0, base.exp() * (base - tuned))
    return terms.sum(-1).clamp(min=0.0)


@torch.inference_mode()
def divergence_pass(
    base: Callable[[], AbstractContextManager[Any]],
    tuned: Callable[[], AbstractContextManager[Any]] | None,
    pairs: Sequence[Pair],
    pad: int,
    vocabulary: int,
) -> list[tuple[float, ...]]:
    """KL(base‖tuned) at each token of each continuation.

    Args:
        base, tuned: Switch the model; what they yield is the module that answers. None where it is the base itself.
        pairs: Contexts are not empty; continuations may be.
        pad: A token id for padding; its value does not matter.
        vocabulary: Logits of one position.
    """
    found: list[tuple[float, ...]] = []
    for some in _chunks(pairs, max(1, _LOGITS // vocabulary)):
        with base() as module:
            expected = _logits(module, some, pad)
        given = expected
        if tuned is not None:
            with tuned() as module:
                given = _logits(module, some, pad)
        found += [tuple(kl_per_token(*both).tolist()) for both in zip(expected, given, strict=True)]
    return found


def _logits(module: Any, pairs: Sequence[Pair], pad: int) -> list[torch.Tensor]:
    """Where each token of the continuations is predicted: tensors of shape ``(tokens, vocabulary)``."""
    ids, mask = right_padded([(*context, *continuation)[:-1] for context, continuation in pairs], pad, module.device)
    # From the end, which skips virtual tokens that an adapter puts before the prompt; some models keep all the same.
    first = min(len(context) for context, _ in pairs) - 1
    kept = ids.shape[1] - first
    logits = module(input_ids=ids, attention_mask=mask, logits_to_keep=kept).logits[:, -kept:]
    starts = (len(context) - 1 - first for context, _ in pairs)
    return [
        logits[row, start : start + len(continuation)]
        for row, (start, (_, continuation)) in enumerate(zip(starts, pairs, strict=True))
    ]


def _chunks(pairs: Sequence[Pair], budget: int) -> Iterator[Sequence[Pair]]:
    """Runs of pairs whose padded tokens keep to a budget; a larger single pair stands alone."""
    start, longest = 0, 0
    for end, (context, continuation) in enumerate(pairs):
        longest = max(longest, len(context) + len(continuation))
        if end > start and (end + 1 - start) * longest > budget:
            yield pairs[start:end]
            start, longest = end, len(context) + len(continuation)
    if pairs:
        yield pairs[start:]
