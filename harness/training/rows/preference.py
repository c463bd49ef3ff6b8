"""Preferences to pairs of token sequences: two answers after one prompt, encoded as every other row."""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.records import InputError
from harness.training.rows.encode import IGNORED, Row, RowEncoder
from harness.training.rows.examples import PreferenceExample

#: Faulty rows that an error names.
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sequences that begin with one prompt and learn their answers, the first of which is preferred."""

    chosen: Row
    rejected: Row

    @property
    def where(self) -> str:
        """The row of the data."""
        return self.chosen.where

    @property
    def size(self) -> int:
        """Number of tokens of both sequences."""
        return self.chosen.size + self.rejected.size

    @property
    def sequences(self) -> tuple[Row, Row]:
        """Both, the chosen one first."""
        return self.chosen, self.rejected


def encode_pairs(examples: Sequence[PreferenceExample], coder: RowEncoder) -> list[Pair]:
    """One pair an example, in their order.

    Raises:
        InputError: both answers of an example are the same tokens, which leaves nothing to prefer; each is named.
    """
    pairs = [
        Pair(_answered(example, example.chosen, coder), _answered(example, example.rejected, coder))
        for example in examples
    ]
    equal = [pair.where for pair in pairs if pair.chosen.ids == pair.rejected.ids]
    if equal:
        named = ", ".join(equal[:_NAMED]) + (", ..." if len(equal) > _NAMED else "")
        raise InputError(
            f"chosen and rejected are the same in {len(equal)} of {len(pairs)} rows ({named})",
            where=equal[0],
            mend="remove them: there is nothing to prefer",
        )
    return pairs


def _answered(example: PreferenceExample, text: str, coder: RowEncoder) -> Row:
    """The prompt and one answer. Answers of earlier turns are context, so only this one is learned."""
    prompt = coder.prompt(example.prompt)
    before, answer = coder.encoder.pair(prompt, coder.answer(prompt, text))
    answer = [*answer, coder.end]
    labels = [IGNORED] * len(before) + answer
    return Row((*before, *answer), tuple(labels), example.where, merged=before != coder.encoder.prompt(prompt))
