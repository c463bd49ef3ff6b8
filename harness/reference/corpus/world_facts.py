"""Questions about the little world. The facts are all taught; held-out questions are worded as none in training."""

import random

from harness.reference.corpus.rows import Draw, Row, Skill
from harness.reference.corpus.world import FACTS, Fact, question


def sentence(rng: random.Random) -> tuple[str, Fact]:
    """A question and the fact it asks for."""
    fact = rng.choice(FACTS)
    return question(rng, fact), fact


def example(draw: Draw) -> Row:
    text, fact = draw.sentence(sentence)
    answer = fact.value
    document = {"question": text, "answer": answer, "subject": fact.subject, "relation": fact.relation}
    return Row("world_facts", text, text, answer, document)


SKILL = Skill("world_facts", example)
