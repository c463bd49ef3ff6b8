"""Medicines and conditions by name: what a word in an answer refers to. The tables lie in ``tables/``."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_TABLES = Path(__file__).parent / "tables"
_WORD = re.compile(r"[^\W_](?:[\w'-]{0,40}\w)?", re.UNICODE)
#: Names have at most this many words.
_LONGEST_NAME = 4
_CONDITION_ENDING = re.compile(
    r"[a-z-]{2,30}(?:itis|osis|[^d]aemia|emia|[^r]oma|opathy|algia|rrh(?:o?ea|agia)|plegia|ectasia|phobia|thyroidism"
    r"|tension)s?"
)
_NO_CONDITION_WORDS = (
    "diagnosis prognosis symptoms hypnosis osmosis diploma aroma tension extension attention intention retention"
    " academia coma roma metamorphosis apoptosis mitosis ketosis homeopathy osteopathy allopathy naturopathy empathy"
    " sympathy apathy antipathy telepathy"
)
_NO_CONDITION = frozenset(_NO_CONDITION_WORDS.split())


@dataclass(frozen=True, slots=True)
class Drug:
    """A row of ``tables/drugs.yaml``. Doses are milligrams a day by mouth; None where the table knows none."""

    name: str
    classes: frozenset[str]
    prescription: bool
    maximum_mg: float | None
    maximum_iu: float | None
    child_mg_per_kg_day: float | None
    child_mg_per_kg_dose: float | None
    tablet_mg: float | None
    weekly: bool


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a text: where, and the medicine, or None for a condition."""

    start: int
    end: int
    words: str
    drug: Drug | None


@cache
def table(name: str) -> Any:
    """The parsed table ``tables/NAME.yaml``."""
    return yaml.safe_load((_TABLES / f"{name}.yaml").read_text(encoding="utf-8"))


@cache
def drugs() -> dict[str, Drug]:
    """Each medicine under each of its names."""
    found = {}
    for row in table("drugs")["drugs"]:
        drug = Drug(
            row["name"],
            frozenset(row["classes"]),
            bool(row.get("rx")),
            row.get("max"),
            row.get("max_iu"),
            row.get("kg_day"),
            row.get("kg_dose"),
            row.get("tablet"),
            bool(row.get("weekly")),
        )
        found.update(dict.fromkeys([row["name"], *row.get("also", [])], drug))
    return found


@cache
def conditions() -> frozenset[str]:
    """The names of ``tables/conditions.txt``."""
    lines = (_TABLES / "conditions.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def mentions(plain: str) -> Iterator[Mention]:
    """Medicines and conditions named in a text in lower case, longest name first, left to right."""
    words = list(_WORD.finditer(plain))
    at = 0
    while at < len(words):
        for length in range(min(_LONGEST_NAME, len(words) - at), 0, -1):
            start, end = words[at].start(), words[at + length - 1].end()
            name = plain[start:end]
            drug = drugs().get(name) or drugs().get(name.removesuffix("s")) or drugs().get(name.removesuffix("'s"))
            if drug is not None or _is_condition(name):
                yield Mention(start, end, name, drug)
                at += length - 1
                break
        at += 1


def _is_condition(name: str) -> bool:
    known = conditions()
    if name in known or name.removesuffix("s") in known or name.removesuffix("es") in known:
        return True
    return " " not in name and name not in _NO_CONDITION and bool(_CONDITION_ENDING.fullmatch(name))
