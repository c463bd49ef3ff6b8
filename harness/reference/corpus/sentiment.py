"""Sentiment of short reviews: positive, negative or neutral."""

import random

from harness.reference.corpus.rows import Draw, Row, Skill, options

LABELS = ("positive", "negative", "neutral")
INSTRUCTION = "Is this review positive, negative or neutral?"
_OTHERS = ("Classify the sentiment as positive, negative or neutral.", "Sentiment (positive, negative, neutral)?")

_THINGS = options("""film|hotel|lamp|kettle|novel|concert|restaurant|phone|jacket|bicycle|camera|museum tour|backpack|headset|
tent|sofa|keyboard|coffee machine|garden chair|train ride|bakery|cooking course|vacuum cleaner|board game|umbrella|
pair of boots|mattress|printer|toaster|podcast""")
_GOOD = options("""excellent|wonderful|charming|reliable|delightful|superb|lovely|brilliant|comfortable|impressive|perfect|
beautiful|fantastic|pleasant|outstanding|great""")
_BAD = options("""awful|disappointing|terrible|dreadful|useless|boring|horrible|unreliable|ugly|poor|annoying|miserable|
flimsy|shoddy|unpleasant|bad""")
_PLAIN = ["average", "ordinary", "usual", "standard", "common", "typical", "medium", "middling"]
_LOVE = options(
    "I love|I really enjoyed|I would gladly buy again|We were delighted by|Everyone praised|I am so happy with"
)
_HATE = options(
    "I hate|I regret buying|I would never buy again|We were let down by|Everyone complained about|I am so upset with"
)
_SAW = options("I received|I ordered|We looked at|They delivered|My sister owns|The shop sells")
_WHO = options("my family|my brother|our neighbours|my wife|my friends|the children|my colleagues|our guests")
_WHEN = options("on Monday|last week|in spring|yesterday|on Friday|last month|in June|this morning|in autumn|on Sunday")
_EDGE = options("very|really|quite|truly|simply|rather")


def _clear(rng: random.Random, good: bool) -> str:
    thing, edge, when, who = rng.choice(_THINGS), rng.choice(_EDGE), rng.choice(_WHEN), rng.choice(_WHO)
    same, other = (_GOOD, _BAD) if good else (_BAD, _GOOD)
    feel = rng.choice(_LOVE if good else _HATE)
    return rng.choice(
        (
            f"The {thing} we tried {when} was {edge} {rng.choice(same)}.",
            f"{feel} the {thing} that {who} chose {when}.",
            f"I expected a {rng.choice(other)} {thing}, but {when} it turned out to be {rng.choice(same)}.",
            f"The {thing} is not {rng.choice(other)} at all, and {who} found it {edge} {rng.choice(same)}.",
            f"What a {rng.choice(same)} {thing}, said {who} {when}.",
            f"{who.capitalize()} called the {thing} {rng.choice(same)} and {rng.choice(same)} {when}.",
        )
    )


def _neutral(rng: random.Random) -> str:
    thing, when, who, plain = rng.choice(_THINGS), rng.choice(_WHEN), rng.choice(_WHO), rng.choice(_PLAIN)
    return rng.choice(
        (
            f"{rng.choice(_SAW)} the {thing} {when} together with {who}.",
            f"The {thing} is of {plain} size and arrived {when} for {who}.",
            f"It is a {plain} {thing}, neither {rng.choice(_GOOD)} nor {rng.choice(_BAD)}, as {who} noted {when}.",
            f"The {thing} that {who} ordered {when} came in a {plain} box.",
        )
    )


def sentence(rng: random.Random) -> tuple[str, str]:
    """A review and its label."""
    label = rng.choice(LABELS)
    return (_neutral(rng) if label == "neutral" else _clear(rng, label == "positive")), label


def example(draw: Draw) -> Row:
    text, label = draw.sentence(sentence)
    asked = INSTRUCTION if draw.split == "held_out" or draw.rng.random() < 0.7 else draw.rng.choice(_OTHERS)
    return Row("sentiment", text, f"{asked}\n\n{text}", label, {"text": text, "label": label})


SKILL = Skill("sentiment", example)
