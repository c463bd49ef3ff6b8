"""Plain prose about the little world, for language modelling."""

import random

from harness.reference.corpus.rows import Draw, Row, Skill, options
from harness.reference.corpus.world import FACTS, statement

_JOIN = options(", and |, while |; |, but also ")


def sentence(rng: random.Random) -> tuple[str]:
    """One or two facts in one sentence."""
    first, second = rng.sample(FACTS, 2)
    line = statement(rng, first)
    if rng.random() < 0.3:
        line += rng.choice(_JOIN) + statement(rng, second)
    return (line[0].upper() + line[1:] + ".",)


def example(draw: Draw) -> Row:
    lines = [draw.sentence(sentence)[0] for _ in range(draw.rng.randint(2, 4))]
    text = " ".join(lines)
    return Row("world_text", text, "", text, {"text": text})


SKILL = Skill("world_text", example)
