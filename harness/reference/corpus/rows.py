"""A row of the corpus, the split of sentences, and the seeded source that skills draw their sentences from."""

import hashlib
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

Split = Literal["train", "held_out"]

#: Share of all sentences that no training text may contain.
HELD_OUT_PERCENT = 15

Drawn = TypeVar("Drawn", bound=tuple[Any, ...])


@dataclass(frozen=True, slots=True)
class Row:
    """One example of a skill.

    Attributes:
        skill: Name of the skill.
        text: The words that are this row's own, without the instruction around them. No sentence of it occurs in
            a row of the other split.
        prompt: The user's turn; empty for plain text.
        response: The assistant's turn, or the plain text itself.
        document: What a task pack shows of the row, by field.
    """

    skill: str
    text: str
    prompt: str
    response: str
    document: dict[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill of the corpus: how to draw one row of it."""

    name: str
    example: Callable[["Draw"], Row]


def options(text: str) -> list[str]:
    """The choices of a list written ``one|two|three``; line breaks in it mean nothing."""
    return text.replace("\n", "").split("|")


def normalise(sentence: str) -> str:
    """Lower case, letters and digits only, single spaces: what two sentences are compared by."""
    return " ".join(re.findall(r"\w+", sentence.lower()))


def sentences(text: str) -> set[str]:
    """The normalised sentences of a text. A line break ends one, as do ``.``, ``!`` and ``?`` before a space."""
    parts = re.split(r"(?<=[.!?])\s+|\n+", text)
    return {found for part in parts if (found := normalise(part))}


def split_of(sentence: str) -> Split:
    """The only split that may contain a sentence: decided by its own words, by no list and no seed."""
    digest = hashlib.sha256(normalise(sentence).encode()).digest()
    return "held_out" if int.from_bytes(digest[:8], "big") % 100 < HELD_OUT_PERCENT else "train"


class Draw:
    """A seeded source of choices and sentences for one split."""

    def __init__(self, seed: str, split: Split) -> None:
        self.rng = random.Random(seed)
        self.split = split

    def sentence(self, make: Callable[[random.Random], Drawn]) -> Drawn:
        """Call ``make`` until the sentences of its first item all belong to this split."""
        for _ in range(100_000):
            drawn = make(self.rng)
            if all(split_of(one) == self.split for one in sentences(str(drawn[0]))):
                return drawn
        raise ValueError(f"no sentence of the {self.split} split is left in {make.__qualname__}")


def draw_rows(skill: Skill, split: Split, count: int, seed: int) -> Iterator[Row]:
    """``count`` rows with distinct texts; fewer where the skill has no more."""
    draw = Draw(f"{seed}/{skill.name}/{split}", split)
    seen: set[str] = set()
    misses = 0
    while len(seen) < count and misses < 2000:
        row = skill.example(draw)
        if row.text in seen:
            misses += 1
            continue
        misses = 0
        seen.add(row.text)
        yield row
