"""The forms that training rows come in, told from their columns, and what each row says under its form."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Any

from harness.records import InputError
from harness.training.data.faults import Fault
from harness.training.data.preferences import preference
from harness.training.data.read import RawRow
from harness.training.data.record import Record, Role
from harness.training.data.row_reader import RowReader


def _pair(prompt: str, answer: str, role: Role = "answer") -> Callable[[RowReader], None]:
    def read(reader: RowReader) -> None:
        if isinstance(reader.row.value.get(prompt), list):
            reader.conversation(prompt, whole=False)
        else:
            reader.fields += reader.side(prompt, "prompt")
        reader.fields += reader.side(answer, role)

    return read


def _labelled(reader: RowReader) -> None:
    reader.column("text", "prompt")
    reader.column("label", "label")


def _instruction(reader: RowReader) -> None:
    reader.column("instruction", "prompt")
    reader.column("input", "prompt", optional=True, joined=True)
    reader.column("output", "answer")


_Read = Callable[[RowReader], None]
_PREFERENCES: dict[str, _Read] = {
    "prompt, chosen, rejected": preference("prompt"),
    "conversations, chosen, rejected": preference("conversations"),
    "chosen, rejected": preference(None),
}
_CONVERSATIONS: dict[str, _Read] = {
    "messages": lambda reader: reader.conversation("messages", whole=True),
    "conversations": lambda reader: reader.conversation("conversations", whole=True),
    "prompt, response": _pair("prompt", "response"),
    "prompt, completion": _pair("prompt", "completion"),
    "instruction, input, output": _instruction,
    "question, answer": _pair("question", "answer"),
    "text, label": _labelled,
}
#: All forms in the order in which they are tried: those with more columns first.
_FORMS = _PREFERENCES | _CONVERSATIONS
#: Names of the forms of two answers, and of those of a conversation.
PREFERENCES, CONVERSATIONS = tuple(_PREFERENCES), tuple(_CONVERSATIONS)


def detect_form(rows: Sequence[RawRow], where: str, among: Collection[str] = tuple(_FORMS)) -> str:
    """The form of most rows.

    Args:
        among: The forms to tell apart; a row that has the columns of several has the first of them.

    Raises:
        InputError: no row has the columns of one of these forms.
    """
    seen = Counter(form for row in rows if (form := _form_of(row.value, among)))
    if seen:
        return seen.most_common(1)[0][0]
    columns = ", ".join(sorted(map(str, rows[0].value))[:12]) or "none"
    raise InputError(f"unknown form: columns {columns}", where=where, mend="name them as one of " + "; ".join(among))


def _form_of(row: dict[str, Any], among: Collection[str]) -> str | None:
    wanted = ((form, {name for name in form.split(", ") if name != "input"}) for form in _FORMS if form in among)
    return next((form for form, columns in wanted if columns <= row.keys()), None)


def read_record(row: RawRow, form: str) -> tuple[Record, list[Fault]]:
    """What a row says under a form, and what is wrong with its structure. Fields that are missing are left out."""
    reader = RowReader(row)
    _FORMS[form](reader)
    return Record(row.where, row.value, tuple(reader.fields)), reader.faults
