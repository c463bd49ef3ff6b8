"""Reads one row column by column, and notes what is wrong with its structure."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from harness.training.data.faults import Fault
from harness.training.data.read import RawRow
from harness.training.data.record import Field, Role
from harness.training.data.shorten import kind_of, shown

#: What files call those who speak, in the chat form and in the dialects of ShareGPT.
_ROLES: dict[str, Role] = {
    "system": "system", "developer": "system", "user": "prompt", "human": "prompt", "assistant": "answer",
    "gpt": "answer", "chatgpt": "answer", "bing": "answer", "bard": "answer", "model": "answer", "bot": "answer",
}  # fmt: skip


class RowReader:
    """The fields of a row, and its faults."""

    def __init__(self, row: RawRow) -> None:
        self.row = row
        self.fields: list[Field] = []
        self.faults: list[Fault] = []

    def fault(self, kind: str, what: str, excerpt: str = "") -> None:
        self.faults.append(Fault(kind, self.row.where, what, excerpt))

    def column(self, name: str, role: Role, *, optional: bool = False, joined: bool = False) -> None:
        """Read a column that holds one text."""
        self.fields += self._text(name, role, self.row.value.get(name), optional=optional, joined=joined)

    def side(self, name: str, role: Role) -> list[Field]:
        """A prompt or an answer: a text, a turn, or a list of turns. Not yet a field of the row."""
        value = self.row.value.get(name)
        if isinstance(value, list):
            return self._turns(name, value)
        if isinstance(value, dict):
            value = value.get("content", value.get("value", value))
        return self._text(name, role, value)

    def conversation(self, column: str, *, whole: bool) -> None:
        """Read a list of turns; ``whole`` says that it ends with an answer and not before one."""
        value = self.row.value.get(column)
        if not isinstance(value, list):
            self.fault("missing_field", f"{column} is not a list of {{role, content}}")
            return
        self.fields += self._turns(column, value)
        order = order_fault([field.role for field in self.fields], whole=whole)
        if value and order:
            self.fault("role_order", order)

    def _turns(self, name: str, turns: list[Any]) -> list[Field]:
        if not turns:
            self.fault("empty_field", f"{name} is empty")
        found: list[Field] = []
        for place, turn in enumerate(turns):
            at = f"{name}[{place}]"
            said = turn.get("role", turn.get("from")) if isinstance(turn, dict) else None
            role = _ROLES.get(said) if isinstance(said, str) else None
            if not isinstance(turn, dict):
                self.fault("unknown_role", f"{name} is not a list of {{role, content}}", shown(turn))
            elif role is None:
                what = f"{at} has the role {shown(said)}, not one of system, user, assistant"
                self.fault("unknown_role", what, shown(turn))
            else:
                found += self._text(at, role, _content(turn))
        return found

    def _text(self, name: str, role: Role, value: Any, *, optional: bool = False, joined: bool = False) -> list[Field]:
        if optional and (value is None or _is_nan(value)):
            return []
        if value is None or _is_nan(value):
            self.fault("missing_field", f"no {name}")
            return []
        if not isinstance(value, str | int | float):
            self.fault("missing_field", f"{name} is {kind_of(value)}, not text", shown(value))
            return []
        text = str(value)
        if not text.strip() and not optional:
            self.fault("empty_field", f"{name} is empty")
        return [Field(name, role, text, joined)]


def order_fault(roles: Sequence[Role], *, whole: bool) -> str:
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


def _content(turn: dict[str, Any]) -> Any:
    return turn.get("content", turn.get("value"))


def _is_nan(value: Any) -> bool:
    """Numbers that are none stand where a table had nothing."""
    return isinstance(value, float) and not math.isfinite(value)
