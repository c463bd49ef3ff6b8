"""Health questions as people type them, some of them emergencies, from a hand-written table.

Table: ``facts/medical_questions.txt``, whether it is an emergency | the question.
"""

import random

from facts import read_table
from writing import Files, Row, write

NAME = "medical_questions"


def files() -> Files:
    rows: list[Row] = [{"question": text, "urgent": urgent == "yes"} for urgent, text in read_table(NAME)]
    random.Random(20_261_121).shuffle(rows)
    return {"test.jsonl": rows}


if __name__ == "__main__":
    write(NAME, files())
