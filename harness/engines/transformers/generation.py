"""Generation of one batch: greedy, or sampled with a random stream of each row's own."""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList, StoppingCriteria, StoppingCriteriaList
from transformers.generation.logits_process import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from harness.engines.base import Audience
from harness.engines.encoding import Encoder
from harness.engines.transformers.likelihood import left_padded
from harness.records import Decoding, Generation

#: Tokens that `RowStops` reads beyond those that a stop string can take.
_UNSEEN = 8


class SeededRows(LogitsProcessor):
    """Turns greedy choice into sampling by adding Gumbel noise, each row from its own seeded generator.

    The largest of (log-probability + Gumbel noise) is a draw from the distribution (Gumbel-max trick), so a row's
    text depends on its seed and never on its place in a batch.
    """

    def __init__(self, seeds: Sequence[int]) -> None:
        self._streams = [torch.Generator().manual_seed(seed) for seed in seeds]

    def __call__(self, input_ids: torch.LongTensor, scores: Any) -> Any:
        uniform = torch.stack([torch.rand(scores.shape[-1], generator=stream) for stream in self._streams])
        noise = -torch.log(-torch.log(uniform.clamp_min(torch.finfo(torch.float32).tiny)))
        return scores.float() + noise.to(scores.device)


class RowStops(StoppingCriteria):
    """Ends a row as soon as its new text holds a stop string.

    Looked for where the newest token can have completed one, in rows that have not ended.
    """

    def __init__(self, encoder: Encoder, prompts: Sequence[Sequence[int]], width: int, stops: Sequence[str]) -> None:
        self._encoder, self._prompts, self._width, self._stops = encoder, prompts, width, stops
        # A token holds a byte at least. The slack is for tokens that a text does not show.
        self._tail = max(len(stop.encode()) for stop in stops) + _UNSEEN
        self._ended = [False] * len(prompts)

    def __call__(self, input_ids: torch.LongTensor, scores: Any, **kwargs: Any) -> Any:
        for row, ids in enumerate(input_ids[:, -self._tail - _UNSEEN :].tolist()):
            self._ended[row] = self._ended[row] or self._ends(row, input_ids.shape[1] - self._width, ids)
        return torch.tensor(self._ended, device=input_ids.device)

    def _ends(self, row: int, new: int, last: list[int]) -> bool:
        """Whether a row's text holds a stop string.

        Args:
            row: Its number.
            new: How many tokens are new.
            last: The last ones of all, prompt included.
        """
        tail = last[-min(new, self._tail) :]
        before = last[: -len(tail)] if new > self._tail else self._prompts[row]
        text = self._encoder.decode(before, tail)
        return any(stop in text for stop in self._stops) or tail[-1] in self._encoder.stop_ids


class RowRooms(StoppingCriteria):
    """Ends a row where the model's context does, so that a longer prompt in its batch takes nothing from it."""

    def __init__(self, width: int, rooms: Sequence[int]) -> None:
        self._ends = torch.tensor(rooms) + width

    def __call__(self, input_ids: torch.LongTensor, scores: Any, **kwargs: Any) -> Any:
        return (input_ids.shape[1] >= self._ends).to(input_ids.device)


class RowAudiences(StoppingCriteria):
    """Tells those who wait how far each row has come, and ends rows that nobody waits for any more.

    The streamers of transformers follow one row; this sees all rows of a batch.
    """

    def __init__(
        self,
        encoder: Encoder,
        prompts: Sequence[Sequence[int]],
        width: int,
        decoding: Decoding,
        audiences: Sequence[Audience | None],
    ) -> None:
        self._encoder, self._prompts, self._width, self._decoding = encoder, prompts, width, decoding
        self._audiences = audiences

    def __call__(self, input_ids: torch.LongTensor, scores: Any, **kwargs: Any) -> Any:
        for row, audience in enumerate(self._audiences):
            if audience is not None and audience.hears is not None:
                new = input_ids[row, self._width :].tolist()
                audience.hears(self._encoder.settled(self._prompts[row], new, self._decoding))
        left = [audience is not None and not audience.waits() for audience in self._audiences]
        return torch.tensor(left, device=input_ids.device)


@torch.inference_mode()
def generate(
    model: Any,
    encoder: Encoder,
    prompts: Sequence[list[int]],
    decodings: Sequence[Decoding],
    rooms: Sequence[int],
    pad: int,
    audiences: Sequence[Audience | None] = (),
) -> list[Generation]:
    """Continue each prompt.

    Args:
        model: A causal language model, adapter switched on.
        encoder: Turns ids into text.
        prompts: Token ids.
        decodings: Equal but for their seeds.
        rooms: New tokens that the model's context leaves for each prompt, at least 1.
        pad: A token id for padding.
        audiences: Who waits for each row.
    """
    ids, mask = left_padded(prompts, pad, model.device)
    shared, width = decodings[0], ids.shape[1]
    config = GenerationConfig(
        max_new_tokens=min(shared.max_tokens, max(rooms)),
        do_sample=False,
        pad_token_id=pad,
        eos_token_id=sorted(encoder.stop_ids) or None,
    )
    ends: list[StoppingCriteria] = []
    if min(rooms) < shared.max_tokens:
        ends.append(RowRooms(width, rooms))
    if shared.stop:
        ends.append(RowStops(encoder, prompts, width, shared.stop))
    if any(audiences):
        ends.append(RowAudiences(encoder, prompts, width, shared, audiences))
    out = model.generate(
        input_ids=ids,
        attention_mask=mask,
        generation_config=config,
        logits_processor=_warpers(decodings),
        stopping_criteria=StoppingCriteriaList(ends),
    )
    new = out[:, width:].tolist()
    cut = (row[:room] for row, room in zip(new, rooms, strict=True))
    return [_finished(encoder, prompt, row, shared, pad) for prompt, row in zip(prompts, cut, strict=True)]


def _warpers(decodings: Sequence[Decoding]) -> LogitsProcessorList:
    shared = decodings[0]
    chain = LogitsProcessorList()
    if shared.temperature <= 0:
        return chain
    chain.append(TemperatureLogitsWarper(float(shared.temperature)))
    if shared.top_k:
        chain.append(TopKLogitsWarper(shared.top_k))
    if shared.top_p < 1:
        chain.append(TopPLogitsWarper(shared.top_p))
    chain.append(SeededRows([decoding.seed or 0 for decoding in decodings]))
    return chain


def _finished(encoder: Encoder, prompt: list[int], new: list[int], decoding: Decoding, pad: int) -> Generation:
    # Rows that ended before the batch did are padded; an end token, where there was one, stands before the padding.
    ended = next((i for i, token in enumerate(new) if token in encoder.stop_ids), None)
    if ended is not None:
        text = encoder.decode(prompt, new[:ended])
        # Where padding and end are one token, what follows a stop string is padding and was not generated.
        new = new[: ended if any(stop in text for stop in decoding.stop) else ended + 1]
    else:
        while new and new[-1] == pad:
            new = new[:-1]
    return encoder.generation(prompt, new, decoding)
