"""Questions of general knowledge: hand-written facts; wrong options are right for another fact of the kind."""

import random

from facts import read_groups
from writing import Files, multiple_choice, split_off, write

NAME = "general_knowledge"


def files() -> Files:
    rng = random.Random(11)
    rows = []
    for template, pairs in read_groups(NAME).items():
        answers = sorted({answer for _, answer in pairs})
        for key, right in pairs:
            wrong = rng.sample([answer for answer in answers if answer != right], 3)
            rows.append(multiple_choice(template.format(key), right, wrong, rng))
    rng.shuffle(rows)
    return split_off(rows, 12)


if __name__ == "__main__":
    write(NAME, files())
