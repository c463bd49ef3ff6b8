"""The data doctor: looks at every encoded row before the first step, because a wrong mask trains without complaint."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from harness.engines.encoding import Encoder
from harness.records import InputError
from harness.training.rows.encode import IGNORED, Learned, Row, RowEncoder
from harness.training.rows.examples import Example, PreferenceExample


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found. ``learned_share`` is the share of all tokens that carry a loss.

    ``too_long`` names the rows that were left out because they exceed the longest row allowed; cutting them would
    have taught the model not to stop. ``warnings`` are for a person to read.
    """

    rows: int
    tokens: int
    learned_tokens: int
    longest: int
    merged_borders: int
    too_long: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def learned_share(self) -> float:
        return self.learned_tokens / max(1, self.tokens)

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"learned_share": round(self.learned_share, 6)}


def diagnose(
    rows: Sequence[Learned], examples: Iterable[Example | PreferenceExample], coder: RowEncoder, limit: int
) -> Diagnosis:
    """Check rows, each of which must fit, start once, learn its answer and its end, and not learn its prompt.

    Args:
        rows: All encoded rows, those that are too long included.
        examples: What they were made from.
        limit: Longest row in tokens.

    Raises:
        InputError: a row starts twice, learns nothing or everything, or does not learn to stop; or no row fits.
    """
    kept = [row for row in rows if fits(row, limit)]
    too_long = tuple(row.where for row in rows if not fits(row, limit))
    if not kept:
        raise InputError(
            f"all {len(rows)} rows are longer than {limit} tokens",
            where=rows[0].where,
            mend="raise max_length, or shorten the rows",
        )
    _refuse(kept, lambda row: _starts(row, coder.encoder) > 1, "start with two beginning-of-sequence tokens")
    _refuse(kept, lambda row: row.learned == 0, "learn nothing: every label is masked")
    _refuse(kept, lambda row: row.learned == len(row.ids), "learn everything, the prompt included")
    _refuse(kept, lambda row: row.labels[-1] != coder.end, "do not learn to stop: the end token is masked or absent")
    _refuse(
        kept,
        lambda row: any(label not in (IGNORED, token) for token, label in zip(row.ids, row.labels, strict=True)),
        "have labels that are not their own tokens",
    )
    merged = [row.where for row in kept if any(one.merged for one in row.sequences)]
    sequences = [one for row in kept for one in row.sequences]
    return Diagnosis(
        rows=len(kept),
        tokens=sum(len(row.ids) for row in sequences),
        learned_tokens=sum(row.learned for row in sequences),
        longest=max(len(row.ids) for row in sequences),
        merged_borders=len(merged),
        too_long=too_long,
        warnings=tuple(_warnings(kept, too_long, merged, examples, coder, limit)),
    )


def _warnings(
    kept: Sequence[Learned],
    too_long: tuple[str, ...],
    merged: Sequence[str],
    examples: Iterable[Example | PreferenceExample],
    coder: RowEncoder,
    limit: int,
) -> Iterable[str]:
    total = len(kept) + len(too_long)
    encoder = coder.encoder
    if too_long:
        yield f"{len(too_long)} of {total} rows are longer than {limit} tokens and left out ({_named(too_long)})"
    if merged:
        yield (
            f"in {len(merged)} of {total} rows a token spans the border of prompt and answer ({_named(merged)}), "
            "so the model learns from tokens that it will not be prompted with; start the answer with a new word"
        )
    if coder.end not in encoder.stop_ids:
        name = encoder.tokenizer.convert_ids_to_tokens(coder.end)
        yield f"the end-of-turn token {name!r} does not stop generation: add it to eos_token_id of the base"
    first = encoder.tokenizer.bos_token_id
    without = [row.where for row in kept if first is not None and row.sequences[0].ids[0] != first]
    if without and encoder.prompt("a")[0] == first:
        yield f"{len(without)} of {total} rows do not start with the beginning-of-sequence token ({_named(without)})"
    markers = [text for text in encoder.tokenizer.all_special_tokens if len(text) > 2]
    forged = [one.where for one in examples if any(mark in text for _, text in one.said for mark in markers)]
    if forged:
        yield f"{len(forged)} rows hold special tokens of the model as text ({_named(forged)})"


def fits(row: Learned, limit: int) -> bool:
    """Whether each of its sequences has at most ``limit`` tokens."""
    return all(len(one.ids) <= limit for one in row.sequences)


def _starts(row: Row, encoder: Encoder) -> int:
    """Beginning-of-sequence tokens at the head of a row; elsewhere the same token may mean the end (GPT-2)."""
    first = encoder.tokenizer.bos_token_id
    return next((i for i, token in enumerate(row.ids) if token != first), len(row.ids)) if first is not None else 0


def _refuse(rows: Sequence[Learned], wrong: Callable[[Row], bool], what: str) -> None:
    found = [row.where for row in rows if any(wrong(one) for one in row.sequences)]
    if found:
        raise InputError(
            f"{len(found)} of {len(rows)} rows {what} ({_named(found)})",
            where=found[0],
            mend="check the rows, and the chat template of the base",
        )


def _named(places: Sequence[str]) -> str:
    shown = ", ".join(dict.fromkeys(places[:5]))
    return f"{shown}, ..." if len(places) > 5 else shown
