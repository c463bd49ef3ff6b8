"""Short passages with a question whose answer stands in the passage, among names, places and figures that do not fit."""

import random

from writing import Files, Row, unique, write

NAME = "reading"

PEOPLE = ("Amara", "Bruno", "Chen", "Dalia", "Emeka", "Freya", "Goran", "Hana", "Ivo", "Jonas", "Keiko", "Leila", "Mateo",
          "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Samir", "Tilda")  # fmt: skip
TOWNS = (
    "Ashford",
    "Bremholt",
    "Calder Bay",
    "Dunmore",
    "Eastwick",
    "Fernhill",
    "Grafton",
    "Hollowby",
    "Inverlea",
    "Kestrel",
)
SHOPS = ("bakery", "bookshop", "bicycle workshop", "flower shop", "tea house", "pottery", "cinema", "music school")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
GOODS = ("apples", "candles", "lamps", "notebooks", "umbrellas", "violins", "carpets", "clocks")
ANIMALS = ("heron", "fox", "rabbit", "wolf", "hedgehog", "badger", "deer", "hare")
PLACES = (
    "by the old mill",
    "near the railway bridge",
    "behind the school",
    "at the edge of the forest",
    "on the north shore",
)
MONTHS = ("January", "March", "April", "June", "August", "October", "December")

Passage = tuple[str, list[tuple[str, str]]]


def _shop(rng: random.Random) -> Passage:
    first, second = rng.sample(PEOPLE, 2)
    town, other = rng.sample(TOWNS, 2)
    shop, day, year = rng.choice(SHOPS), rng.choice(DAYS), rng.randint(1950, 2019)
    text = (
        f"{first} opened a {shop} in {town} in {year}. Before that, {first} had worked in {other} for {rng.randint(3, 9)} "
        f"years, where {second} taught the trade. The {shop} is open every day but {day}, when {first} visits {second}."
    )
    return text, [
        (f"In which town is the {shop}?", town),
        (f"In which town did {first} work before?", other),
        (f"Who taught {first} the trade?", second),
        (f"On which day is the {shop} closed?", day),
        (f"In which year did the {shop} open?", str(year)),
    ]


def _delivery(rng: random.Random) -> Passage:
    driver, buyer, waiting = rng.sample(PEOPLE, 3)
    start, middle, end = rng.sample(TOWNS, 3)
    good, other = rng.sample(GOODS, 2)
    many, few = rng.randint(30, 90), rng.randint(4, 25)
    text = (
        f"{driver} left {start} early with {many} {good} and {few} {other}. In {middle} all the {other} went to {waiting}. "
        f"The {good} were meant for {buyer}, who lives in {end}, but {buyer} was not at home, so {driver} drove back "
        f"with them."
    )
    return text, [
        (f"Where did {driver} start?", start),
        (f"What did {waiting} get?", other),
        (f"In which town does {buyer} live?", end),
        (f"How many {good} were in the car at the start?", str(many)),
        (f"For whom were the {good} meant?", buyer),
        (f"What was still in the car on the way back, {good} or {other}?", good),
    ]


def _race(rng: random.Random) -> Passage:
    one, two, three = rng.sample(PEOPLE, 3)
    town, month = rng.choice(TOWNS), rng.choice(MONTHS)
    length = rng.randint(5, 42)
    text = (
        f"Every {month} there is a race of {length} kilometres around {town}. This time {one} finished just after {two} and "
        f"well before {three}. {three} had won the year before, in heavy rain."
    )
    return text, [
        ("Who came first of the three?", two),
        ("Who came last of the three?", three),
        ("Who came second of the three?", one),
        ("Who won the year before?", three),
        ("In which month is the race?", month),
        ("How many kilometres long is the race?", str(length)),
    ]


def _sighting(rng: random.Random) -> Passage:
    one, two = rng.sample(PEOPLE, 2)
    seen, meant = rng.sample(ANIMALS, 2)
    day, later = rng.sample(DAYS, 2)
    place, home = rng.sample(PLACES, 2)
    text = (
        f"On {day} {one} took a picture of an animal {place} and took it for a {meant}. {two}, who lives {home}, looked at "
        f"the picture on {later} and saw at once that it was a {seen}. {one} has written the right name below it since."
    )
    return text, [
        ("Which animal is in the picture?", seen),
        ("Which animal did the photographer take it for?", meant),
        ("Who took the picture?", one),
        ("Who recognised the animal?", two),
        ("On which day was the picture taken?", day),
    ]


GRAMMARS = (_shop, _delivery, _race, _sighting)


def files() -> Files:
    rng = random.Random(22)

    def draw() -> Row:
        text, questions = rng.choice(GRAMMARS)(rng)
        question, answer = rng.choice(questions)
        return {"passage": text, "question": question, "answer": answer}

    rows = unique(draw, 256, "passage")
    return {"test.jsonl": rows[:250], "train.jsonl": rows[250:]}


if __name__ == "__main__":
    write(NAME, files())
