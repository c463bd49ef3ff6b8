"""Sentences and the same said in other words: a seeded grammar whose two sides share names and figures, not wording."""

import random

from writing import Files, Row, unique, write

NAME = "paraphrase_similarity"

NAMES = ("Anna", "Ben", "Clara", "Daniel", "Eva", "Felix", "Grace", "Hugo", "Irene", "Jack", "Lena", "Marco")
RELATIVES = (("brother", "brother"), ("grandmother", "granny"), ("aunt", "aunt"), ("father", "dad"), ("mother", "mum"))
TIMES = (("every morning", "at the start of each day"), ("twice a week", "two times each week"),
         ("at weekends", "on Saturdays and Sundays"), ("once a year", "a single time each year"))  # fmt: skip
FEELINGS = (
    ("happy", "delighted"),
    ("tired", "worn out"),
    ("angry", "furious"),
    ("afraid", "scared"),
    ("sad", "unhappy"),
)
EVENTS = (
    ("the exam", "the test"),
    ("the journey", "the trip"),
    ("the film", "the movie"),
    ("the meeting", "the gathering"),
)
THINGS = (("car", "vehicle"), ("bike", "bicycle"), ("coat", "jacket"), ("phone", "mobile"), ("bag", "rucksack"))

PATTERNS = (
    ("{name} visits {own} {relative} {time}.", "{Time2}, {name} goes to see {own} {relative2}."),
    ("{name} was {feeling} after {event}.", "When {event2} was over, {name} felt {feeling2}."),
    ("The {thing} that {name} wanted to buy was too expensive.", "{name} hoped to purchase a {thing2}, but it cost too much."),
    ("Because it was raining, {name} stayed at home and missed {event}.", "{name} did not attend {event2}: the rain kept {them} indoors."),
    ("{name} forgot the {thing} at the station.", "The {thing2} was left behind at the station by {name}."),
    ("It took {name} {number} hours to repair the {thing}.", "{name} needed {number} hours until the {thing2} was mended."),
    ("{name} has lived in this town for {number} years.", "It is {number} years since {name} moved to this town."),
    ("Nobody but {name} knew about {event}.", "{name} was the only person who had heard of {event2}."),
    ("{name} asked {own} {relative} to lend {them} {number} euros.", "{name} wanted to borrow {number} euros from {own} {relative2}."),
    ("{name} learned to cook from {own} {relative}.", "It was {own} {relative2} who taught {name} how to prepare food."),
    ("{name} was too {feeling} to talk about {event}.", "{name} felt so {feeling2} that speaking of {event2} was impossible."),
    ("{name} cleans the {thing} {time}.", "{Time2}, the {thing2} is cleaned by {name}."),
)  # fmt: skip
FEMALE = {"Anna", "Clara", "Eva", "Grace", "Irene", "Lena"}


def _draw(rng: random.Random) -> Row:
    first, second = rng.choice(PATTERNS)
    name = rng.choice(NAMES)
    values = {"name": name, "own": "her" if name in FEMALE else "his", "them": "her" if name in FEMALE else "him"}
    values["number"] = str(rng.randint(2, 12))
    for key, pairs in (
        ("relative", RELATIVES),
        ("time", TIMES),
        ("feeling", FEELINGS),
        ("event", EVENTS),
        ("thing", THINGS),
    ):
        values[key], values[f"{key}2"] = rng.choice(pairs)
    values["Time2"] = values["time2"].capitalize().replace("saturdays and sundays", "Saturdays and Sundays")
    return {"text": first.format(**values), "paraphrase": second.format(**values)}


def files() -> Files:
    rng = random.Random(23)
    rows = unique(lambda: _draw(rng), 256, "text")
    return {"test.jsonl": rows[:250], "train.jsonl": rows[250:]}


if __name__ == "__main__":
    write(NAME, files())
