"""Lengths of texts in characters and tokens."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.training.data.faults import Fault
from harness.training.data.record import Record

if TYPE_CHECKING:
    from harness.engines.encoding import Encoder

_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Spread:
    """How long texts are: least, median, 95th percentile, most, and all together."""

    least: int
    median: int
    p95: int
    most: int
    total: int


def spread(lengths: Sequence[int]) -> Spread:
    """The spread of lengths; at least one is needed."""
    median, p95 = np.percentile(lengths, [50, 95], method="lower").tolist()
    return Spread(min(lengths), int(median), int(p95), max(lengths), sum(lengths))


def characters(records: Sequence[Record]) -> dict[str, Spread]:
    """Characters of prompts and answers, and of rejected answers where there are any."""
    rejected = [len(one) for record in records if (one := record.rejected) is not None]
    lengths = {"prompt": [len(one.prompt) for one in records], "answer": [len(one.answer) for one in records]}
    return {name: spread(found) for name, found in (lengths | {"rejected": rejected}).items() if found}


def tokens(records: Sequence[Record], encoder: "Encoder") -> list[int]:
    """Tokens of each row as training would see it: chat template, beginning and end included.

    Of a preference, the longer of both conversations counts.
    """
    texts, owner = [], []
    for number, record in enumerate(records):
        for rejected in (False, True) if record.rejected is not None else (False,):
            turns = _turns(record, rejected=rejected)
            if turns:
                texts.append(_rendered(turns, encoder))
                owner.append(number)
    counts = [0] * len(records)
    for start in range(0, len(texts), _BATCH):
        batch = encoder.tokenizer(
            texts[start : start + _BATCH], add_special_tokens=not encoder.renders_chat, verbose=False
        )
        for number, ids in zip(owner[start : start + _BATCH], batch["input_ids"], strict=True):
            # Without a template, training puts the end token after the answer.
            counts[number] = max(counts[number], len(ids) + (not encoder.renders_chat))
    return counts


def _turns(record: Record, *, rejected: bool) -> list[dict[str, str]]:
    """The turns of a row as a chat template takes them; what is empty adds no token."""
    turns = record.turns(rejected=rejected)
    # A broken row can hold half a surrogate pair, which tokenizers refuse.
    return [
        {"role": one.role, "content": one.content.encode("utf-8", "replace").decode()} for one in turns if one.content
    ]


def _rendered(turns: list[dict[str, str]], encoder: "Encoder") -> str:
    from jinja2 import TemplateError

    if encoder.renders_chat:
        try:
            return str(encoder.tokenizer.apply_chat_template(turns, tokenize=False))
        except TemplateError:
            # Some templates refuse turns out of order, which is a fault of its own.
            pass
    return "\n\n".join(turn["content"] for turn in turns)


def too_long(records: Sequence[Record], lengths: Sequence[int], limit: int) -> Iterator[Fault]:
    """Rows of more than ``limit`` tokens: training leaves them out."""
    for record, length in zip(records, lengths, strict=True):
        if length > limit:
            yield Fault("too_long", record.where, f"{length:,} tokens, {limit:,} allowed", record.text[:80])
