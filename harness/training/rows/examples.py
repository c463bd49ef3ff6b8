"""Rows of training data as what a trainer learns from: the strict side of `harness.training.data`, which only reads.

Every row becomes an example that knows its file and line; a file with rows that cannot be learned from is refused.
"""

from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from harness.records import InputError, Message, content_hash
from harness.training.data.faults import Fault
from harness.training.data.forms import CONVERSATIONS, PREFERENCES, detect_form, read_record
from harness.training.data.record import Record
from harness.training.data.sources import RawData, read_source

#: Faults that leave nothing to learn from; `harness data check` knows many more.
_REFUSED = ("bad_row", "bad_bytes", "missing_field", "empty_field", "unknown_role", "different_prompts")
#: Bad rows that an error names.
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Example:
    """A conversation to learn from, and where it stands (``data.jsonl:7``). Its assistant turns are learned."""

    turns: tuple[Message, ...]
    where: str

    @property
    def prompt_hash(self) -> str:
        """Identity of what comes before the first answer, white space and case aside."""
        first = next(i for i, turn in enumerate(self.turns) if turn.role == "assistant")
        return _prompt_hash(self.turns[:first])

    @property
    def said(self) -> tuple[tuple[str, str], ...]:
        """Every text, after who says it."""
        return tuple((turn.role, turn.content) for turn in self.turns)


@dataclass(frozen=True, slots=True)
class PreferenceExample:
    """Two answers to one prompt, the first of which is preferred, and where they stand (``data.jsonl:7``).

    ``prompt`` ends with a turn of the user; assistant turns within it are context and not learned.
    """

    prompt: tuple[Message, ...]
    chosen: str
    rejected: str
    where: str

    @property
    def prompt_hash(self) -> str:
        """Identity of the prompt, white space and case aside."""
        return _prompt_hash(self.prompt)

    @property
    def said(self) -> tuple[tuple[str, str], ...]:
        """Every text, after who says it or which answer it is."""
        prompt = ((turn.role, turn.content) for turn in self.prompt)
        return (*prompt, ("chosen", self.chosen), ("rejected", self.rejected))


_Learned = TypeVar("_Learned", Example, PreferenceExample)


@dataclass(frozen=True, slots=True)
class DataFile(Generic[_Learned]):
    """A file that was read: its rows, and the form they have."""

    path: str
    form: str
    examples: tuple[_Learned, ...]


class BadRow(ValueError):
    """A row that cannot be learned from; the text says why."""


def read_file(reference: Path | str, folder: Path = Path()) -> DataFile[Example]:
    """Read conversations, in any form of `CONVERSATIONS`.

    The form is told from the columns of most rows and holds for all.

    Args:
        reference: A file, a folder or a hub id; see `read_source`.
        folder: What a path is relative to.

    Raises:
        InputError: there is no such data, its form is unknown, or rows are bad; each bad row is named.
    """
    return _read(read_source(reference, folder), CONVERSATIONS, _example)


def read_preferences(reference: Path | str, folder: Path = Path()) -> DataFile[PreferenceExample]:
    """Read preferences, in any form of `PREFERENCES`; arguments and errors as for `read_file`.

    The prompt may be a text, a list of turns, or the turns that both answers begin with.
    """
    return _read(read_source(reference, folder), PREFERENCES, _preference)


def read_any(reference: Path | str, folder: Path = Path()) -> DataFile[Example] | DataFile[PreferenceExample]:
    """Read what a model was trained on, conversations or preferences; arguments and errors as for `read_file`."""
    data = read_source(reference, folder)
    if detect_form(data.rows, data.place(data.rows[0].where)) in PREFERENCES:
        return _read(data, PREFERENCES, _preference)
    return _read(data, CONVERSATIONS, _example)


def _read(data: RawData, forms: Collection[str], learn: Callable[[Record], _Learned]) -> DataFile[_Learned]:
    form = _form(data, forms)
    faults = list(data.faults)
    examples = []
    for row in data.rows:
        record, wrong = read_record(row, form)
        try:
            _refuse(wrong)
            examples.append(learn(record))
        except BadRow as reason:
            faults.append(Fault("bad_row", row.where, str(reason)))
    bad = {fault.where: fault.what for fault in reversed(faults)}
    if bad:
        # A line whose bytes are no text is both a fault and a row.
        raise _unlearnable(data, bad, len(bad.keys() | {row.where for row in data.rows}))
    return DataFile(data.name, form, tuple(examples))


def _form(data: RawData, forms: Collection[str]) -> str:
    where = data.place(data.rows[0].where)
    found = detect_form(data.rows, where)
    # The prompt of a preference is no conversation to learn, though it has the column of one.
    if found not in forms and not found.startswith("conversations, "):
        with suppress(InputError):
            return detect_form(data.rows, where, forms)
    if found in forms:
        return found
    if found in PREFERENCES:
        what = f"holds preferences ({found}), which supervised training cannot learn"
        mend = "add `objective: {kind: dpo}` to the recipe"
    else:
        what = f"holds conversations ({found}), not preferences"
        mend = "remove `objective: {kind: dpo}` from the recipe, or add the columns chosen and rejected"
    raise InputError(what, where=where, mend=mend)


def _unlearnable(data: RawData, bad: dict[str, str], rows: int) -> InputError:
    places = sorted(bad, key=_line)
    named = ", ".join(f"line {_line(where)} ({bad[where]})" for where in places[:_NAMED])
    more = f" and {len(bad) - _NAMED} more" if len(bad) > _NAMED else ""
    return InputError(
        f"{len(bad)} of {rows} rows cannot be learned from: {named}{more}",
        where=data.place(places[0]),
        mend="mend or remove them; harness data check names all",
    )


def _line(where: str) -> int:
    return int(where.rpartition(":")[2])


def _refuse(faults: Iterable[Fault]) -> None:
    for fault in faults:
        if fault.kind in _REFUSED:
            raise BadRow(fault.what)


def _example(record: Record) -> Example:
    turns = _encodable(record.turns())
    if not any(turn.role == "assistant" for turn in turns):
        raise BadRow("no assistant turn to learn")
    if turns[0].role == "assistant":
        raise BadRow("starts with the assistant: nothing comes before the answer")
    return Example(turns, record.where)


def _preference(record: Record) -> PreferenceExample:
    *prompt, chosen = _encodable(record.turns())
    rejected = _encodable(record.turns(rejected=True))[-1]
    if not prompt or prompt[-1].role != "user" or chosen.role != "assistant":
        raise BadRow("chosen and rejected do not answer a turn of the user")
    return PreferenceExample(tuple(prompt), chosen.content, rejected.content, record.where)


def _encodable(turns: tuple[Message, ...]) -> tuple[Message, ...]:
    for turn in turns:
        try:
            turn.content.encode()
        except UnicodeEncodeError:
            raise BadRow(f"the {turn.role}'s turn holds half a surrogate pair, which is no character") from None
    return turns


def _prompt_hash(turns: tuple[Message, ...]) -> str:
    return content_hash([" ".join(turn.content.lower().split()) for turn in turns])
