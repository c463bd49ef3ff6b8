"""A sample: one example of a task, as it is put to a model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.records.hashing import content_hash


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation; ``role`` is ``system``, ``user`` or ``assistant``."""

    role: str
    content: str


#: What a model is asked to continue: plain text, or the turns that its chat template renders.
Prompt = str | tuple[Message, ...]


def prompt_text(prompt: Prompt) -> str:
    """The words of a prompt for reports and for checks that read the question (no template markers)."""
    if isinstance(prompt, str):
        return prompt
    return "\n".join(message.content for message in prompt)


@dataclass(frozen=True, slots=True)
class Sample:
    """One example of a task.

    Attributes:
        task: Name of the task.
        key: Hash of document, rendered prompt and target; samples are paired by it, never by position.
        prompt: What the model sees.
        references: Acceptable answers, the first being the target. Empty for checks without one.
        choices: Continuations to rank, for multiple choice; the target is one of them.
        document: The row of data the sample was made from.
        cluster: The source that samples share (a passage, a patient), where the task names one; else None.
    """

    task: str
    key: str
    prompt: Prompt
    references: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    document: Mapping[str, Any] = field(default_factory=dict, hash=False)
    cluster: str | None = None

    @property
    def target(self) -> str:
        """The first reference, or the empty string where there is none."""
        return self.references[0] if self.references else ""


def sample_key(document: Mapping[str, Any], prompt: Prompt, references: tuple[str, ...]) -> str:
    """Content hash that identifies a sample across runs, machines and orders of the data."""
    turns = prompt if isinstance(prompt, str) else [[m.role, m.content] for m in prompt]
    return content_hash({"document": dict(document), "prompt": turns, "references": list(references)})
