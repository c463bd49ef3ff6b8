"""The forms that training rows come in, told from their columns, and what each row says under its form."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from harness.records import InputError
from harness.training.data.faults import Fault
from harness.training.data.read import RawRow

Role = Literal["system", "prompt", "answer", "rejected", "label"]


@dataclass(frozen=True, slots=True)
class Field:
    """One text of a row, where it stands (``output``, ``messages[2]``), and what it is for."""

    name: str
    role: Role
    text: str


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
        """The last answer or label; empty where there is none."""
        return self.fields[self._last].text if self._last < len(self.fields) else ""

    @property
    def label(self) -> str | None:
        """The label of a row of text and label."""
        return next((field.text for field in self.fields if field.role == "label"), None)

    @property
    def text(self) -> str:
        return "\n\n".join(field.text for field in self.fields if field.text)

    @property
    def _last(self) -> int:
        places = [i for i, field in enumerate(self.fields) if field.role in ("answer", "label")]
        return places[-1] if places else len(self.fields)


class _Reader:
    """Reads one row, noting what is wrong with it."""

    def __init__(self, row: RawRow) -> None:
        self.row = row
        self.fields: list[Field] = []
        self.faults: list[Fault] = []

    def fault(self, kind: str, what: str, excerpt: str = "") -> None:
        self.faults.append(Fault(kind, self.row.where, what, excerpt))

    def column(self, name: str, role: Role, *, optional: bool = False) -> None:
        self.value(name, role, self.row.value.get(name), optional=optional)

    def value(self, name: str, role: Role, value: Any, *, optional: bool = False) -> None:
        if isinstance(value, list):
            self.turns(name, value, "rejected" if role == "rejected" else "answer")
        elif isinstance(value, dict):
            self.text(name, role, value.get("content", value.get("value")), optional=optional)
        else:
            self.text(name, role, value, optional=optional)

    def text(self, name: str, role: Role, value: Any, *, optional: bool) -> None:
        if value is None and not optional:
            self.fault("missing_field", f"no {name}")
        elif value is not None and not isinstance(value, str | int | float):
            self.fault("missing_field", f"{name} is a {type(value).__name__}, not text")
        else:
            text = "" if value is None else str(value)
            if not text.strip() and not optional:
                self.fault("empty_field", f"{name} is empty")
            self.fields.append(Field(name, role, text))

    def turns(self, name: str, turns: list[Any], answers: Role) -> None:
        if not turns:
            self.fault("empty_field", f"{name} is empty")
        for place, turn in enumerate(turns):
            at = f"{name}[{place}]"
            said = _ROLES.get(str(turn.get("role", turn.get("from")))) if isinstance(turn, dict) else None
            if said is None:
                self.fault("role_order", f"{at} has no role of system, user or assistant", str(turn)[:200])
            else:
                role: Role = answers if said == "answer" else said
                self.text(at, role, turn.get("content", turn.get("value")), optional=False)

    def conversation(self, column: str, *, whole: bool) -> None:
        value = self.row.value.get(column)
        if not isinstance(value, list):
            self.fault("missing_field", f"{column} is no list of turns")
            return
        self.turns(column, value, "answer")
        order = _order([field.role for field in self.fields], whole=whole)
        if value and order:
            self.fault("role_order", order)


#: What files call those who speak, in the chat form and in that of ShareGPT.
_ROLES: dict[str, Role] = {
    "system": "system", "developer": "system", "user": "prompt", "human": "prompt", "assistant": "answer",
    "gpt": "answer",
}  # fmt: skip


def _order(roles: Sequence[Role], *, whole: bool) -> str:
    """What is wrong with the order of turns; the empty string where it is right."""
    said = [role for role in roles if role != "system"]
    if "system" in roles[1:]:
        return "a system turn after the first turn"
    if whole and "answer" not in said:
        return "no assistant turn to learn"
    if said[:1] == ["answer"]:
        return "starts with the assistant"
    names = {"prompt": "user", "answer": "assistant"}
    twice = next((a for a, b in pairwise(said) if a == b), None)
    if twice:
        return f"two {names[twice]} turns in a row"
    return "ends with the user" if whole and said[-1] == "prompt" else ""


def _pair(prompt: str, answer: str, role: Role = "answer") -> Callable[[_Reader], None]:
    def read(reader: _Reader) -> None:
        if isinstance(reader.row.value.get(prompt), list):
            reader.conversation(prompt, whole=False)
        else:
            reader.column(prompt, "prompt")
        reader.column(answer, role)

    return read


def _instruction(reader: _Reader) -> None:
    reader.column("instruction", "prompt")
    reader.column("input", "prompt", optional=True)
    reader.column("output", "answer")


def _preference(prompt: str | None) -> Callable[[_Reader], None]:
    def read(reader: _Reader) -> None:
        if prompt and isinstance(reader.row.value.get(prompt), list):
            reader.conversation(prompt, whole=False)
        elif prompt:
            reader.column(prompt, "prompt")
        reader.column("chosen", "answer")
        reader.column("rejected", "rejected")

    return read


#: Forms in the order in which they are tried: those with more columns first.
_FORMS: dict[str, Callable[[_Reader], None]] = {
    "prompt, chosen, rejected": _preference("prompt"),
    "conversations, chosen, rejected": _preference("conversations"),
    "chosen, rejected": _preference(None),
    "messages": lambda reader: reader.conversation("messages", whole=True),
    "conversations": lambda reader: reader.conversation("conversations", whole=True),
    "prompt, response": _pair("prompt", "response"),
    "prompt, completion": _pair("prompt", "completion"),
    "instruction, input, output": _instruction,
    "question, answer": _pair("question", "answer"),
    "text, label": _pair("text", "label", "label"),
}


def detect_form(rows: Sequence[RawRow], where: str) -> str:
    """The form of most rows.

    Raises:
        InputError: no row has the columns of a known form.
    """
    seen = Counter(form for row in rows if (form := _form_of(row.value)))
    if seen:
        return seen.most_common(1)[0][0]
    columns = ", ".join(sorted(map(str, rows[0].value))[:12]) or "none"
    raise InputError(f"unknown form: columns {columns}", where=where, mend="name them as one of " + "; ".join(_FORMS))


def _form_of(row: dict[str, Any]) -> str | None:
    wanted = ((form, {name for name in form.split(", ") if name != "input"}) for form in _FORMS)
    return next((form for form, columns in wanted if columns <= row.keys()), None)


def read_record(row: RawRow, form: str) -> tuple[Record, list[Fault]]:
    """What a row says under a form, and what is wrong with its structure. Fields that are missing are left out."""
    reader = _Reader(row)
    _FORMS[form](reader)
    return Record(row.where, row.value, tuple(reader.fields)), reader.faults
