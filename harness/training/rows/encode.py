"""Conversations to token ids and labels. Only the assistant's words and its end-of-turn token are learned."""

from dataclasses import dataclass
from typing import Protocol

from harness.engines.encoding import Encoder
from harness.records import InputError, Message, Prompt
from harness.tasks.border import continuation, prompt_end
from harness.training.rows.examples import Example

#: The label of a token that is not learned, as torch's cross-entropy knows it.
IGNORED = -100


@dataclass(frozen=True, slots=True)
class Row:
    """One sequence of training: ``labels`` has the length of ``ids`` and is `IGNORED` where nothing is learned.

    ``merged`` says that a token spans the border between prompt and answer: text encoded whole and in two parts
    differ, and generation will only ever see the parts.
    """

    ids: tuple[int, ...]
    labels: tuple[int, ...]
    where: str
    merged: bool = False

    @property
    def size(self) -> int:
        """Number of tokens."""
        return len(self.ids)

    @property
    def sequences(self) -> "tuple[Row, ...]":
        """The row itself, as `Learned` has it."""
        return (self,)

    @property
    def learned(self) -> int:
        """Number of tokens that are learned."""
        return sum(label != IGNORED for label in self.labels)


class Learned(Protocol):
    """What a training learns from at once: a row, or rows that it compares. It fits whole or is left out whole."""

    @property
    def where(self) -> str: ...

    @property
    def size(self) -> int:
        """Number of tokens of all sequences."""

    @property
    def sequences(self) -> tuple[Row, ...]: ...


class RowEncoder:
    """Encodes examples with the `Encoder` that also serves generation and scoring.

    Args:
        encoder: Of the base that is trained.
        chat: Render turns with the chat template; otherwise join prompt and answer as plain text.
    """

    def __init__(self, encoder: Encoder, *, chat: bool) -> None:
        self.encoder, self.chat = encoder, chat
        self.end = end_of_turn(encoder) if chat else _end_of_text(encoder)

    def rows(self, example: Example) -> list[Row]:
        """The sequences of an example.

        Each answer stands after exactly the tokens that generation would have been prompted with. A conversation is
        one sequence when every prompt continues what came before it, as most templates write it; templates that
        rewrite earlier turns give one sequence an answer.
        """
        done: list[Row] = []
        ids: list[int] = []
        labels: list[int] = []
        merged = False
        for place, turn in enumerate(example.turns):
            if turn.role != "assistant":
                continue
            prompt = self.prompt(example.turns[:place])
            before, answer = self.encoder.pair(prompt, self.answer(prompt, turn.content))
            answer = [*answer, self.end]
            if ids and before[: len(ids)] != ids:
                done.append(Row(tuple(ids), tuple(labels), example.where, merged))
                labels, merged = [], False
            labels += [IGNORED] * (len(before) - len(labels)) + answer
            merged = merged or before != self.encoder.prompt(prompt)
            ids = before + answer
        return [*done, Row(tuple(ids), tuple(labels), example.where, merged)]

    def prompt(self, turns: tuple[Message, ...]) -> Prompt:
        """What generation would be prompted with before the answer to these turns."""
        if self.chat:
            return turns
        if len(turns) == 1:
            return prompt_end(turns[0].content)
        return "\n\n".join(turn.content for turn in turns) + "\n\n"

    def answer(self, prompt: Prompt, text: str) -> str:
        """An answer's text as it follows the prompt."""
        # Chat templates trim what they render, so white space at the ends would never be generated.
        return text.strip() if self.chat else continuation(prompt, text)


def end_of_turn(encoder: Encoder) -> int:
    """The token with which the chat template ends an assistant turn; a model that learns it learns to stop.

    Raises:
        InputError: the template writes no special token after an answer, and the tokenizer has no end of sequence.
    """
    if not encoder.renders_chat:
        return _end_of_text(encoder)
    marker = "harness-end-of-turn"
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": marker}]
    text = str(encoder.tokenizer.apply_chat_template(turns, tokenize=False))
    after = encoder.tokenizer(text.rpartition(marker)[2], add_special_tokens=False)["input_ids"]
    special = set(encoder.tokenizer.all_special_ids) | set(encoder.tokenizer.added_tokens_decoder) | encoder.stop_ids
    found = next((int(token) for token in after if token in special), None)
    return _end_of_text(encoder) if found is None else found


def _end_of_text(encoder: Encoder) -> int:
    if encoder.tokenizer.eos_token_id is None:
        raise InputError(
            "the tokenizer has no end-of-sequence token, so an adapter could not learn to stop",
            where=str(encoder.tokenizer.name_or_path),
            mend="set eos_token in tokenizer_config.json",
        )
    return int(encoder.tokenizer.eos_token_id)
