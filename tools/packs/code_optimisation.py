"""Slow functions and their fast idioms in five languages; variants of one idiom differ in their names only."""

import random
import re
from pathlib import Path

from code_problems import LANGUAGES
from writing import Files, Row, write

NAME = "code_optimisation"
NAMES = (
    "orders order",
    "prices price",
    "scores score",
    "tokens token",
    "readings reading",
    "entries entry",
    "records record",
)
#: The idiom that few-shot examples come from.
EXAMPLE = "smallest"


def _rows() -> list[Row]:
    text = (Path(__file__).parent / "code_problems" / "optimisations.code").read_text(encoding="utf-8")
    rows = []
    for chunk in text.split("@@@ ")[1:]:
        head, *parts = chunk.split("\n@@ ")
        idiom, reason = head.split("|")
        for part in parts:
            language, _, codes = part.partition("\n")
            for names in NAMES:
                many, one = names.split()
                slow, fast = (
                    re.sub(r"\bV\b", one, re.sub(r"\bVS\b", many, code)).strip() for code in codes.split("\n=>\n")
                )
                rows.append(
                    {"language": LANGUAGES[language], "idiom": idiom, "reason": reason, "slow": slow, "fast": fast}
                )
    return rows


def files() -> Files:
    rows = _rows()
    random.Random(34).shuffle(rows)
    return {
        "test.jsonl": [row for row in rows if row["idiom"] != EXAMPLE],
        "train.jsonl": [row for row in rows if row["idiom"] == EXAMPLE],
    }


if __name__ == "__main__":
    write(NAME, files())
