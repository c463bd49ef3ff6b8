"""A row of data as a prompt: templates, formats, few-shot examples."""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.records import Message, Prompt, content_hash
from harness.tasks.border import continuation, prompt_end
from harness.tasks.definition import TaskDefinition
from harness.tasks.files import Row
from harness.tasks.templates import render


@dataclass(frozen=True, slots=True)
class Shot:
    """A solved example: the question as rendered, and its answer."""

    question: str
    answer: str


def question(definition: TaskDefinition, row: Row) -> str:
    """The question of one row in the task's format, without system prompt and examples."""
    asked = render(definition.prompt, row.values, where=row.where)
    if definition.format == "chat" or definition.output == "perplexity":
        return asked
    if definition.format == "text":
        return prompt_end(asked)
    text = f"### Instruction:\n{asked.rstrip()}\n\n"
    if definition.input is not None:
        text += f"### Input:\n{render(definition.input, row.values, where=row.where).rstrip()}\n\n"
    return text + "### Response:\n"


def build_prompt(definition: TaskDefinition, row: Row, asked: str, shots: Sequence[Shot]) -> Prompt:
    """The whole prompt: system prompt, examples, question."""
    system = render(definition.system, row.values, where=row.where) if definition.system else ""
    if definition.format == "chat":
        turns = [Message("system", system)] if system else []
        for shot in shots:
            turns += [Message("user", shot.question), Message("assistant", shot.answer)]
        return (*turns, Message("user", asked))
    solved = [shot.question + continuation(shot.question, shot.answer) for shot in shots]
    return "\n\n".join([*([system] if system else []), *solved, asked])


def rank_shots(shots: Sequence[Shot], seed: int) -> list[Shot]:
    """Examples in a seeded random order that does not depend on their order in the data."""
    unique = {content_hash([seed, shot.question, shot.answer]): shot for shot in shots}
    return [unique[key] for key in sorted(unique)]


def draw_shots(ranked: Sequence[Shot], count: int, asked: str) -> list[Shot]:
    """The first ``count`` examples that do not ask the sample's own question.

    All samples share their examples but for that, so that engines encode the shared beginning once.
    """
    drawn: list[Shot] = []
    for shot in ranked:
        if len(drawn) == count:
            break
        if shot.question != asked:
            drawn.append(shot)
    return drawn
