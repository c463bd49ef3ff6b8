"""Topic of a short news line, one of six."""

import random

from harness.reference.corpus.rows import Draw, Row, Skill, options

INSTRUCTION = "What is the topic: sports, business, science, travel, food or music?"
_OTHERS = ("Name the topic (sports, business, science, travel, food, music).",)

_WORLD: dict[str, dict[str, list[str]]] = {
    "sports": {
        "who": options(
            "the goalkeeper|a young sprinter|the home team|the coach|our swimmers|the champion|the striker|a cyclist"
        ),
        "did": options("won|lost|prepared for|talked about|trained hard for|missed"),
        "what": options(
            "the final match|the relay race|the penalty shootout|the league title|the marathon|the second half|the tournament|the medal"
        ),
    },
    "business": {
        "who": options(
            "the bank|a start-up|the car maker|the board|an investor|the retailer|the insurer|the finance minister"
        ),
        "did": options("reported|announced|worried about|cut|raised|explained"),
        "what": options(
            "the quarterly profits|new share prices|the merger|the interest rates|its annual revenue|the loan|the market forecast|the wages of its staff"
        ),
    },
    "science": {
        "who": options(
            "a physicist|the laboratory|two biologists|the observatory|a chemist|the research team|an astronomer|the geologists"
        ),
        "did": options("measured|discovered|published a paper on|studied|described|modelled"),
        "what": options(
            "a distant planet|the cell membrane|a new molecule|the magnetic field|fossil bones|dark matter|the gene of a fly|volcanic gases"
        ),
    },
    "travel": {
        "who": options(
            "a tourist|the tour guide|the airline|a backpacker|the cruise ship|the travel agent|a hiker|the passengers"
        ),
        "did": options("visited|left for|recommended|reached|photographed|returned from"),
        "what": options(
            "a quiet island|the mountain pass|the old harbour|the desert camp|the border crossing|a beach resort|the coastal road|the airport hotel"
        ),
    },
    "food": {
        "who": options("the chef|my grandmother|a baker|the new bistro|the cook|a food critic|the waiter|the butcher"),
        "did": options("served|tasted|seasoned|prepared|burned|shared"),
        "what": options(
            "a mushroom soup|the lemon cake|fresh noodles|a spicy stew|the cheese platter|roasted carrots|the sourdough bread|a plum dessert"
        ),
    },
    "music": {
        "who": options(
            "the violinist|a jazz band|the choir|the composer|a young pianist|the orchestra|the singer|the drummer"
        ),
        "did": options("performed|recorded|rehearsed|wrote|opened the evening with|dedicated"),
        "what": options(
            "a slow sonata|the new album|an old ballad|the opening symphony|a duet|the final chorus|a string quartet|the festival anthem"
        ),
    },
}
LABELS = tuple(_WORLD)
_WHEN = options(
    "On Monday|Yesterday|Last night|This week|In March|Earlier today|At the weekend|After a long break|Two days ago|In the end"
)
_HOW = options(
    "despite the rain|to everyone's surprise|without any hurry|as planned|for the first time|once again|near the town hall|in front of reporters"
)


def sentence(rng: random.Random) -> tuple[str, str]:
    """A line of news and its topic."""
    label = rng.choice(LABELS)
    words = _WORLD[label]
    who, did, what = (rng.choice(words[part]) for part in ("who", "did", "what"))
    when, how = rng.choice(_WHEN), rng.choice(_HOW)
    line = rng.choice(
        (
            f"{when}, {who} {did} {what}, {how}.",
            f"{who.capitalize()} {did} {what} {how}.",
            f"{when}, people spoke of {what}, and {who} listened {how}.",
        )
    )
    return line, label


def example(draw: Draw) -> Row:
    text, label = draw.sentence(sentence)
    asked = INSTRUCTION if draw.split == "held_out" or draw.rng.random() < 0.7 else draw.rng.choice(_OTHERS)
    return Row("topic", text, f"{asked}\n\n{text}", label, {"text": text, "label": label})


SKILL = Skill("topic", example)
