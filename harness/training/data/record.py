"""A row of training data under its form: what each of its texts is for, and the conversation that they make."""

from dataclasses import dataclass
from typing import Any, Literal

from harness.records import Message

Role = Literal["system", "prompt", "answer", "rejected", "label"]
#: Who says a text in a conversation.
_SAID: dict[Role, str] = {
    "system": "system", "prompt": "user", "answer": "assistant", "label": "assistant", "rejected": "assistant"
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """One text of a row, where it stands (``output``, ``messages[2]``), and what it is for.

    ``joined`` says that it goes on with the turn before it, as an input does with its instruction.
    """

    name: str
    role: Role
    text: str
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A row read under its form. ``raw`` is the row as the file has it."""

    where: str
    raw: dict[str, Any]
    fields: tuple[Field, ...]

    @property
    def prompt(self) -> str:
        """All that comes before the last answer or label."""
        return "\n\n".join(field.text for field in self.fields[: self._last] if field.text)

    @property
    def answer(self) -> str:
        """The last answer or label, of a preference the chosen one; empty where there is none."""
        return self.fields[self._last].text if self._last < len(self.fields) else ""

    @property
    def rejected(self) -> str | None:
        """The rejected answer of a preference."""
        return next((field.text for field in self.fields if field.role == "rejected"), None)

    @property
    def label(self) -> str | None:
        """The label of a row of text and label."""
        return next((field.text for field in self.fields if field.role == "label"), None)

    @property
    def text(self) -> str:
        return "\n\n".join(field.text for field in self.fields if field.text)

    def turns(self, *, rejected: bool = False) -> tuple[Message, ...]:
        """The conversation of the row; of a preference the one that ends as asked. Empty inputs are left out."""
        last = self._last if self.rejected is not None else len(self.fields)
        turns: list[Message] = []
        for place, field in enumerate(self.fields):
            if place == last if rejected else field.role == "rejected":
                continue
            if not field.joined or not turns:
                turns.append(Message(_SAID[field.role], field.text))
            elif field.text.strip():
                turns[-1] = Message(turns[-1].role, f"{turns[-1].content}\n\n{field.text}")
        return tuple(turns)

    @property
    def _last(self) -> int:
        places = [i for i, field in enumerate(self.fields) if field.role in ("answer", "label")]
        return places[-1] if places else len(self.fields)
