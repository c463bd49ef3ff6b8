"""Say in one sentence what a small function does, in five languages."""

import random

from code_problems.variants import Variant, by_problem
from writing import Files, Row, write

NAME = "code_explanation"


def _row(variant: Variant) -> Row:
    # The name would give the answer away.
    code = variant.code.replace(variant.name, "f")
    return {"language": variant.language_name, "code": code, "explanation": f"It {variant.explained}."}


def files() -> Files:
    return by_problem(_row, random.Random(32))


if __name__ == "__main__":
    write(NAME, files())
