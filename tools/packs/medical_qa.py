"""Questions of general medical knowledge, written by hand with their wrong options."""

import random

from facts import read_table
from writing import Files, multiple_choice, split_off, write

NAME = "medical_qa"


def files() -> Files:
    rng = random.Random(12)
    rows = [multiple_choice(question, right, wrong, rng) for question, right, *wrong in read_table(NAME)]
    rng.shuffle(rows)
    return split_off(rows, 6)


if __name__ == "__main__":
    write(NAME, files())
