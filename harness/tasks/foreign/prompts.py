"""Prompts as lm-evaluation-harness builds them (``fewshot_context``, ``build_qa_turn``), and its choice of examples."""

from collections.abc import Sequence
from itertools import islice
from random import Random
from typing import Any

from harness.records import InputError
from harness.tasks.foreign.config import LmEvalConfig
from harness.tasks.foreign.fields import Document, Fields

#: The seed that lm-evaluation-harness draws examples with unless told otherwise (``--seed``, third number).
FEWSHOT_SEED = 1234


class Sampler:
    """Draws examples: the first ones, or random ones in one stream over the rows of the task, in their order.

    Args:
        pool: The rows that examples are drawn from.
        where: The file, for errors.
    """

    def __init__(self, config: LmEvalConfig, pool: Sequence[Document], where: str) -> None:
        self._first = config.fewshot_config.sampler == "first_n"
        self._count, self._pool, self._where = config.shots, list(pool), where
        self._random = Random(FEWSHOT_SEED)

    def draw(self, own: Document | None) -> list[Document]:
        """The examples of the next row.

        Args:
            own: The row itself where it may be in the pool; it is never its own example.

        Raises:
            InputError: there are too few rows.
        """
        if not self._count:
            return []
        try:
            return self._first_rows(own) if self._first else self._random_rows(own)
        except ValueError:
            raise InputError(
                f"{len(self._pool)} rows to draw {self._count} few-shot examples from",
                where=self._where,
                mend="lower num_fewshot",
            ) from None

    def _first_rows(self, own: Document | None) -> list[Document]:
        drawn = list(islice((row for row in self._pool if own is None or row != own), self._count))
        if len(drawn) < self._count:
            raise ValueError
        return drawn

    def _random_rows(self, own: Document | None) -> list[Document]:
        if not own:
            return self._random.sample(self._pool, self._count)
        drawn = [row for row in self._random.sample(self._pool, self._count + 1) if row != own][: self._count]
        if len(drawn) < self._count:
            drawn = self._random.sample([row for row in self._pool if row != own], self._count)
        return drawn


class PromptBuilder:
    """Writes the prompts of one task.

    Args:
        several: The choices are the question's endings, and one target follows each (Winogrande).
    """

    def __init__(self, config: LmEvalConfig, fields: Fields, several: bool) -> None:
        self._config, self._fields, self._several = config, fields, several

    def beginning(self, document: Document, shots: Sequence[Document], where: str) -> str:
        """All that stands before the row's own question: description and examples."""
        solved = [self._solved(shot, f"{where}, few-shot example {at}") for at, shot in enumerate(shots, 1)]
        return self._fields.description(document, where) + "".join(solved)

    def question(self, document: Document, where: str) -> str:
        """The row's own question, up to where the answer starts."""
        return self.asked(_text(self._fields.text(document, where), where), document, where)

    def asked(self, question: str, document: Document, where: str) -> str:
        """A question with what its answer is to start with."""
        prefix = self._fields.prefix(document, where, self._config.gen_prefix)
        if not prefix:
            return question
        delimiter = "" if self._several else self._config.target_delimiter
        return question + (delimiter if _open(question, prefix) else "") + prefix

    def _solved(self, shot: Document, where: str) -> str:
        config = self._config
        question: Any = self._fields.text(shot, where, config.fewshot_config.doc_to_text)
        source = config.for_examples("doc_to_choice")
        choices = self._fields.choices(shot, where, source) if source is not None else None
        answer = self._fields.target(shot, where, config.fewshot_config.doc_to_target)
        if self._several:
            question, choices = _pick(choices, question, where), None
        asked, prefix = _text(question, where), self._example_prefix(shot, where)
        delimiter = config.for_examples("target_delimiter")
        if answer is None or answer == "":
            return asked + (delimiter if prefix and _open(asked, prefix) else "") + (prefix or "")
        if isinstance(answer, int) and choices:
            answer = _pick(choices, answer, where)
        elif isinstance(answer, list) and answer:
            answer = answer[0]
        spaced = delimiter if not prefix or _open(asked, prefix) else ""
        return asked + spaced + _joined(prefix, _text(answer, where)) + config.for_examples("fewshot_delimiter")

    def _example_prefix(self, shot: Document, where: str) -> str | None:
        source = self._config.for_examples("gen_prefix")
        if source is not None and source in shot:
            return str(shot[source])
        return self._fields.prefix(shot, where, source)


def _open(before: str, after: str) -> bool:
    """Whether two texts meet without white space (``requires_delimiter``)."""
    return bool(before) and not (before[-1].isspace() or after[:1].isspace())


def _joined(prefix: str | None, answer: str) -> str:
    if not prefix or not answer:
        return (prefix or "") + answer
    return prefix + (" " if _open(prefix, answer) else "") + answer


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise InputError(f"{value!r:.60} stands where a text is needed", where=where, mend="make it a template")
    return value


def _pick(choices: Sequence[str] | None, place: Any, where: str) -> str:
    if choices is None or not isinstance(place, int) or not -len(choices) <= place < len(choices):
        raise InputError(f"{place!r:.60} is no place among the choices", where=where)
    return choices[place]
