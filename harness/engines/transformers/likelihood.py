"""Log-likelihoods of continuations. A context is encoded once for all its continuations (key/value cache reuse), and
logits are computed only where a token is scored."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from harness.engines.pairs import Pair
from harness.records import LogLikelihood


@dataclass(frozen=True)
class _Scored:
    logprobs: list[float]
    greedy: bool


@torch.inference_mode()
def shared_prefix_pass(model: Any, pairs: Sequence[Pair], pad: int) -> list[LogLikelihood]:
    """Log-likelihoods with each distinct context encoded once.

    Args:
        model: A causal language model that returns a cache.
        pairs: Contexts are not empty; continuations may be.
        pad: A token id for padding; its value does not matter.
    """
    contexts = list(dict.fromkeys(context for context, _ in pairs))
    row_of = {context: row for row, context in enumerate(contexts)}
    ids, mask = left_padded(contexts, pad, model.device)
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    out = model(input_ids=ids, attention_mask=mask, position_ids=positions, use_cache=True, logits_to_keep=1)
    first = out.logits[:, -1].float().log_softmax(-1)
    longer = [i for i, (_, continuation) in enumerate(pairs) if len(continuation) > 1]
    later = _continue(model, out.past_key_values, mask, [pairs[i] for i in longer], row_of, pad) if longer else []
    rest = dict(zip(longer, later, strict=True))
    best = first.argmax(-1).tolist()
    answers = []
    for i, (context, continuation) in enumerate(pairs):
        if not continuation:
            answers.append(LogLikelihood((), True))
            continue
        row = row_of[context]
        start = float(first[row, continuation[0]])
        tail = rest.get(i, _Scored([], True))
        greedy = best[row] == continuation[0] and tail.greedy
        answers.append(LogLikelihood((start, *tail.logprobs), greedy))
    return answers


@torch.inference_mode()
def whole_pass(model: Any, pairs: Sequence[Pair], pad: int) -> list[LogLikelihood]:
    """Log-likelihoods with context and continuation in one sequence: for models whose cache cannot be shared.

    Virtual tokens that an adapter puts before the prompt are skipped: logits are read from the end.
    """
    ids, mask = right_padded([(*context, *continuation)[:-1] for context, continuation in pairs], pad, model.device)
    logits = model(input_ids=ids, attention_mask=mask).logits[:, -ids.shape[1] :]
    answers = []
    for row, (context, continuation) in enumerate(pairs):
        start = len(context) - 1
        scored = _gather(logits[row, start : start + len(continuation)], continuation)
        answers.append(LogLikelihood(tuple(scored.logprobs), scored.greedy))
    return answers


def _continue(
    model: Any, cache: Any, mask: torch.Tensor, pairs: Sequence[Pair], row_of: dict[tuple[int, ...], int], pad: int
) -> list[_Scored]:
    rows = torch.tensor([row_of[context] for context, _ in pairs], device=model.device)
    cache.batch_select_indices(rows)
    inputs = [continuation[:-1] for _, continuation in pairs]
    longest = max(len(one) for one in inputs)
    ids = torch.full((len(pairs), longest), pad, device=model.device)
    own = torch.zeros((len(pairs), longest), dtype=mask.dtype, device=model.device)
    for row, sequence in enumerate(inputs):
        ids[row, : len(sequence)] = torch.tensor(sequence, device=model.device)
        own[row, : len(sequence)] = 1
    lengths = mask.sum(-1)[rows].unsqueeze(-1)
    positions = lengths + torch.arange(longest, device=model.device)
    logits = model(
        input_ids=ids,
        attention_mask=torch.cat([mask[rows], own], dim=-1),
        position_ids=positions,
        past_key_values=cache,
        use_cache=True,
    ).logits
    return [_gather(logits[row, : len(c) - 1], c[1:]) for row, (_, c) in enumerate(pairs)]


def _gather(logits: torch.Tensor, tokens: Sequence[int]) -> _Scored:
    wanted = torch.tensor(tokens, device=logits.device)
    logprobs = logits.float().log_softmax(-1)
    chosen = logprobs.gather(-1, wanted.unsqueeze(-1)).squeeze(-1)
    return _Scored(chosen.tolist(), bool((logprobs.argmax(-1) == wanted).all()))


def left_padded(rows: Sequence[Sequence[int]], pad: int, device: Any) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(len(row) for row in rows)
    ids = torch.full((len(rows), longest), pad, device=device)
    mask = torch.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, longest - len(row) :] = torch.tensor(row, device=device)
        mask[i, longest - len(row) :] = 1
    return ids, mask


def right_padded(rows: Sequence[Sequence[int]], pad: int, device: Any) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(len(row) for row in rows)
    ids = torch.full((len(rows), longest), pad, device=device)
    mask = torch.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row, device=device)
        mask[i, : len(row)] = 1
    return ids, mask
