"""Rewriting an active sentence in the passive voice: the same meaning in other words."""

import random

from harness.reference.corpus.rows import Draw, Row, Skill, options

INSTRUCTION = "Rewrite in the passive voice:"

_WHO = options("""the baker|the mechanic|our teacher|the gardener|a tall stranger|the nurse|my uncle|the night guard|the librarian|
the young clerk|a famous artist|the ship's captain|the postman|a quiet student""")
_WHAT = """the old oven|the green van|the long letter|the school garden|the broken fence|the heavy parcel|the front door|
the kitchen floor|the rusty bicycle|the town map|the last ticket|the wooden bridge|the small boat|the silver watch""".replace(
    "\n", ""
).split("|")
_VERBS = [
    "cleaned",
    "repaired",
    "painted",
    "opened",
    "closed",
    "measured",
    "moved",
    "checked",
    "borrowed",
    "wrapped",
    "found",
    "sold",
    "washed",
    "covered",
]
_WHEN = options(
    "yesterday|on Monday|last week|before lunch|in the evening|after the storm|at noon|on Friday|in March|this morning"
)
_HOW = options("carefully|quickly|quietly|with great care|without help|for free|twice|at once")


def sentence(rng: random.Random) -> tuple[str, str]:
    """An active sentence and its passive form."""
    who, what, verb = rng.choice(_WHO), rng.choice(_WHAT), rng.choice(_VERBS)
    tail = rng.choice(("", f" {rng.choice(_WHEN)}", f" {rng.choice(_HOW)}", f" {rng.choice(_HOW)} {rng.choice(_WHEN)}"))
    active = f"{who} {verb} {what}{tail}."
    passive = f"{what} was {verb} by {who}{tail}."
    return active[0].upper() + active[1:], passive[0].upper() + passive[1:]


def example(draw: Draw) -> Row:
    active, passive = draw.sentence(sentence)
    return Row("rewrite", active, f"{INSTRUCTION} {active}", passive, {"text": active, "rewritten": passive})


SKILL = Skill("rewrite", example)
