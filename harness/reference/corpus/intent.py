"""Intent of a request to a home assistant, one of eight."""

import random

from harness.reference.corpus.rows import Draw, Row, Skill, options

INSTRUCTION = "Which intent does this request have?"

_TIMES = options("at six|at half past seven|at noon|at nine tonight|before eight|at a quarter to five|around ten")
_DAYS = options("today|tomorrow|on Monday|on Saturday|this evening|next week|on Thursday|on Sunday morning")
_ROOMS = options("kitchen|hall|bedroom|garage|cellar|bathroom|living room|attic|study")
_PEOPLE = options("my mother|Anna|the plumber|uncle Tom|my boss|Paul|the school|our doctor|Clara|the landlord")
_CITIES = options("Lyon|Oslo|Turin|Cork|Basel|Porto|Ghent|Malmo|Leeds|Bonn")
_TUNES = options(
    "some jazz|a lullaby|the new album|a piano piece|my running songs|an old ballad|film music|the radio choir"
)
_WORDS = options("bread|window|thank you|good night|railway station|spoon|friendship|winter|butterfly|neighbour")
_LANGUAGES = options("French|Polish|Danish|Italian|Greek|Finnish|Dutch")
_MEALS = options(
    "for two|for five people|on the terrace|near the river|for lunch|for my birthday|at the pizzeria|in a quiet corner"
)

_FORMS: dict[str, tuple[str, ...]] = {
    "set_alarm": (
        "wake me {time} {day}",
        "set an alarm {time} {day}",
        "I must get up {time} {day}, so ring",
        "alarm {time} {day}",
    ),
    "play_music": (
        "play {tune} in the {room}",
        "I want to hear {tune} {day}",
        "put on {tune} in the {room}",
        "start {tune} {time}",
    ),
    "get_weather": (
        "will it rain in {city} {day}",
        "how warm is it in {city} {day}",
        "give me the forecast for {city} {day}",
        "do I need a coat in {city} {day}",
    ),
    "book_table": (
        "reserve a table {meal} {day}",
        "we want to eat out {meal} {day}",
        "book us a table {meal} {time}",
        "find a free table {meal} {time}",
    ),
    "make_call": (
        "call {who} {day}",
        "ring up {who} {time}",
        "get {who} on the phone {time}",
        "I have to talk to {who} {day}, dial",
    ),
    "buy_ticket": (
        "buy a train ticket to {city} {day}",
        "I need a seat to {city} {day}",
        "book the bus to {city} {time}",
        "get me a return fare to {city} {day}",
    ),
    "switch_light": (
        "turn on the light in the {room} {time}",
        "make the {room} brighter {time}",
        "switch off the lamps in the {room} {day}",
        "it is dark in the {room} {day}, change that",
    ),
    "translate": (
        "what is {word} in {language}",
        "translate {word} into {language}",
        "say {word} in {language}",
        "how do people say {word} in {language}",
    ),
}
LABELS = tuple(_FORMS)
_START = options("|Please |Could you help, |Hey, |Quickly, |Listen, |One more thing, |If you can, ")
_END = options("|, please|, thanks|, if possible")


def sentence(rng: random.Random) -> tuple[str, str]:
    """A request and its intent."""
    label = rng.choice(LABELS)
    filled = rng.choice(_FORMS[label]).format(
        time=rng.choice(_TIMES), day=rng.choice(_DAYS), room=rng.choice(_ROOMS), who=rng.choice(_PEOPLE),
        city=rng.choice(_CITIES), tune=rng.choice(_TUNES), word=rng.choice(_WORDS),
        language=rng.choice(_LANGUAGES), meal=rng.choice(_MEALS),
    )  # fmt: skip
    line = f"{rng.choice(_START)}{filled}{rng.choice(_END)}."
    return line[0].upper() + line[1:], label


def example(draw: Draw) -> Row:
    text, label = draw.sentence(sentence)
    return Row("intent", text, f"{INSTRUCTION}\n\n{text}", label, {"text": text, "label": label})


SKILL = Skill("intent", example)
