"""Sums of numbers below a hundred, worked out digit by digit."""

import random

from harness.reference.corpus.rows import Draw, Row, Skill


def sentence(rng: random.Random) -> tuple[str, int, int]:
    """A sum in words (a sign is no word, and the split is decided by words), and its two numbers."""
    first, second = rng.randrange(100), rng.randrange(100)
    return f"{first} plus {second}", first, second


def example(draw: Draw) -> Row:
    words, first, second = draw.sentence(sentence)
    ones = first % 10 + second % 10
    carry = " + 1" if ones > 9 else ""
    tens = first // 10 + second // 10 + ones // 10
    steps = (
        f"{first % 10} + {second % 10} = {ones}, {first // 10} + {second // 10}{carry} = {tens}, so {first + second}"
    )
    document = {"question": f"{first} + {second}", "answer": str(first + second)}
    return Row("arithmetic", words, f"Calculate {first} + {second}.", steps, document)


SKILL = Skill("arithmetic", example)
