"""Write a small function from its description, in five languages; Python and JavaScript rows carry tests."""

import random

from code_problems.variants import Variant, by_problem
from writing import Files, Row, write

NAME = "code_generation"


def _row(variant: Variant) -> Row:
    return {
        "language": variant.language_name,
        "function": variant.name,
        "description": variant.asked,
        "solution": variant.code,
        "tests": list(variant.tests),
    }


def files() -> Files:
    return by_problem(_row, random.Random(31))


if __name__ == "__main__":
    write(NAME, files())
