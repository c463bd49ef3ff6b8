"""Packing: several rows in one sequence, so that little of a batch is padding. No row sees another.

The positions of each row start at 0, from which transformers tells the rows of a sequence apart and masks attention
between them. Whether a base heeds them is tried out before the first step (`harness.training.loop.separation`).
"""

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass

from harness.training.rows.encode import IGNORED, Row


@dataclass(frozen=True, slots=True)
class PackedRow:
    """Rows that stand one after the other.

    Attributes:
        ids: Token ids of all of them.
        labels: Of the same length. The first token of a row is never learned: nothing of its own comes before it.
        sizes: Tokens of each row.
    """

    ids: tuple[int, ...]
    labels: tuple[int, ...]
    sizes: tuple[int, ...]

    @property
    def size(self) -> int:
        """Number of tokens."""
        return len(self.ids)


def pack(rows: Sequence[Row], room: int) -> list[PackedRow]:
    """Rows in as few sequences as best-fit decreasing finds, which is what TRL calls ``bfd``.

    Each row, the longest first, joins the fullest sequence that still has room for it, or begins a new one.

    Args:
        rows: None longer than ``room``.
        room: Tokens that a sequence holds at most.
    """
    packs: list[list[int]] = []
    spaces: list[tuple[int, int]] = []
    for number in sorted(range(len(rows)), key=lambda number: -rows[number].size):
        size = rows[number].size
        place = bisect_left(spaces, (size, -1))
        if place < len(spaces):
            left, own = spaces.pop(place)
        else:
            left, own = room, len(packs)
            packs.append([])
        packs[own].append(number)
        insort(spaces, (left - size, own))
    return [_joined([rows[number] for number in one]) for one in packs]


def _joined(rows: Sequence[Row]) -> PackedRow:
    return PackedRow(
        ids=tuple(token for row in rows for token in row.ids),
        labels=tuple(label for row in rows for label in (IGNORED, *row.labels[1:])),
        sizes=tuple(row.size for row in rows),
    )


def positions(sizes: Sequence[int]) -> list[int]:
    """The position of each token in its own row."""
    return [position for size in sizes for position in range(size)]
