"""Sums and differences of numbers below a hundred."""

import random

from harness.reference.corpus.rows import Draw, Row, Skill


def sentence(rng: random.Random) -> tuple[str, int]:
    """A calculation and its result."""
    first, second = rng.randrange(100), rng.randrange(100)
    if rng.random() < 0.5:
        return f"{first} + {second}", first + second
    high, low = max(first, second), min(first, second)
    return f"{high} - {low}", high - low


def example(draw: Draw) -> Row:
    # The sign is no word character, so the split is drawn from words and then written with the sign.
    def worded(rng: random.Random) -> tuple[str, str, int]:
        text, result = sentence(rng)
        return text.replace("+", "plus").replace("-", "minus"), text, result

    words, text, result = draw.sentence(worded)
    return Row("arithmetic", words, f"Calculate {text} =", str(result), {"question": text, "answer": str(result)})


SKILL = Skill("arithmetic", example)
