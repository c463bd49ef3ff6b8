"""Rows of two answers, one of which is preferred: the prompt, however the file writes it, and both answers after it."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from harness.training.data.record import Field, Role
from harness.training.data.row_reader import RowReader, order_fault


def preference(prompt: str | None) -> Callable[[RowReader], None]:
    """Reads the form whose prompt stands in a column, or in the first turns that both answers share.

    Both answers may be texts, or lists of turns that end with the answer. Turns that come before it are part of the
    prompt; where they repeat the prompt's column, as in UltraFeedback, they stand once.
    """

    def read(reader: RowReader) -> None:
        asked = reader.side(prompt, "prompt") if prompt else []
        chosen = _answer(reader, "chosen", "answer")
        rejected = _answer(reader, "rejected", "rejected")
        before = chosen[:-1]
        if chosen and rejected and _said(before) != _said(rejected[:-1]):
            reader.fault("different_prompts", "chosen and rejected follow different turns")
        if _said(asked) not in (_said(before[: len(asked)]), _said(before[len(before) - len(asked) :])):
            before = [*asked, *before]
        if not before and not reader.faults:
            reader.fault("missing_field", "no prompt before chosen and rejected")
        order = order_fault([field.role for field in [*before, *chosen[-1:]]], whole=True)
        if order and not reader.faults:
            reader.fault("role_order", order)
        reader.fields += [*before, *chosen[-1:], *rejected[-1:]]

    return read


def _answer(reader: RowReader, column: str, role: Role) -> list[Field]:
    """The turns of one side, the last of which is its answer."""
    found = reader.side(column, role)
    if found and found[-1].role == "prompt":
        reader.fault("role_order", f"{column} ends with the user")
        return []
    return [*found[:-1], replace(found[-1], role=role)] if found else []


def _said(fields: Sequence[Field]) -> list[tuple[Role, str]]:
    return [(field.role, field.text.strip()) for field in fields]
