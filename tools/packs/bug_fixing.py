"""Mend a small function with one typical mistake, in five languages."""

import random

from code_problems.variants import Variant, by_problem
from writing import Files, Row, write

NAME = "bug_fixing"


def _row(variant: Variant) -> Row:
    return {
        "language": variant.language_name,
        "description": variant.asked,
        "buggy": variant.broken,
        "fixed": variant.code,
        "tests": list(variant.tests),
    }


def files() -> Files:
    return by_problem(_row, random.Random(33))


if __name__ == "__main__":
    write(NAME, files())
