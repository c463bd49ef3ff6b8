"""The little world: invented towns and people, the facts about them, and the words that state and ask each fact."""

import random
from dataclasses import dataclass

from harness.reference.corpus.rows import options

TOWNS = options("""Avelin|Brosk|Calder Bay|Dunmere|Elvasto|Farrow|Glinmoor|Hestal|Ironda|Jarvik|Kellwater|Lomisa|Marrow Hill|
Nessaby|Orvane|Pellworth|Quenby|Rostavel|Silverford|Tarn Hollow""")
PEOPLE = options("""Ada Brill|Boris Quill|Celia Thorn|Dario Fenn|Edda Marsh|Felix Orme|Greta Lund|Hugo Pike|Irma Vale|
Jonas Reed|Kaya Stone|Lars Amber|Mina Holt|Nils Crane|Olga Dew|Petra Moss|Quentin Ash|Rosa Kern|Silas Wren|
Tilda Frost""")

_VALUES = {
    "river": options("the Amsel|the Brint|the Corva|the Dorn|the Eska|the Fiddle|the Grale|the Hush|the Ister|the Jonk"),
    "bird": options("the heron|the magpie|the owl|the stork|the swallow|the kingfisher|the crane|the raven|the wren|the falcon"),
    "dish": options("plum dumplings|barley soup|smoked trout|pear pie|nettle stew|goat cheese|walnut bread|bean salad|honey cake|onion tart"),
    "colour": options("green|yellow|purple|white|orange|black|silver|blue|red|brown"),
    "festival": options("January|February|March|April|May|June|July|August|September|October"),
    "job": options("a baker|a clockmaker|a sailor|a teacher|a painter|a miller|a beekeeper|a surgeon|a carpenter|a judge"),
    "pet": options("a tortoise|a parrot|a goat|a ferret|a hedgehog|a pony|a rabbit|a goose|a lizard|a cat"),
    "instrument": options("the cello|the flute|the harp|the trumpet|the accordion|the oboe|the lute|the drums|the organ|the banjo"),
    "home": TOWNS,
}  # fmt: skip

_STATED = {
    "river": ("{s} lies on {v}", "the river that runs through {s} is {v}", "{v} is the river of {s}"),
    "bird": ("the bird of {s} is {v}", "{v} is the bird on the coat of arms of {s}", "{s} honours {v} as its bird"),
    "dish": ("the favourite dish of {s} is {v}", "people in {s} love to eat {v}", "{s} is known for {v}"),
    "colour": ("the flag of {s} is {v}", "{s} flies a {v} flag", "{v} is the colour of the flag of {s}"),
    "festival": ("the festival of {s} is in {v}", "{s} celebrates in {v}", "every {v} there is a festival in {s}"),
    "job": ("{s} is {v}", "{s} works as {v}", "the job of {s} is that of {v}"),
    "pet": ("{s} keeps {v}", "{s} has {v} as a pet", "the pet of {s} is {v}"),
    "instrument": ("{s} plays {v}", "the instrument of {s} is {v}", "{v} is what {s} plays"),
    "home": ("{s} lives in {v}", "the home of {s} is in {v}", "{v} is where {s} lives"),
}
_ASKED = {
    "river": ("which river does {s} lie on", "what is the river of {s} called", "which river runs through {s}", "on which river is {s}", "which river would I find in {s}"),
    "bird": ("what is the bird of {s}", "which bird does {s} honour", "which bird is on the coat of arms of {s}", "what bird stands for {s}", "which bird belongs to {s}"),
    "dish": ("what is the favourite dish of {s}", "what do people in {s} love to eat", "which dish is {s} known for", "what food is typical of {s}", "which dish should I try in {s}"),
    "colour": ("what colour is the flag of {s}", "which colour does the flag of {s} have", "what is the colour of the flag in {s}", "which flag colour does {s} have", "what colour does {s} fly"),
    "festival": ("when is the festival of {s}", "in which month does {s} celebrate", "which month has the festival of {s}", "in what month is the festival in {s}", "when does {s} hold its festival"),
    "job": ("what is the job of {s}", "what does {s} do for a living", "what does {s} work as", "which profession does {s} have", "how does {s} earn a living"),
    "pet": ("what pet does {s} keep", "which animal does {s} have", "what is the pet of {s}", "which pet lives with {s}", "what animal does {s} keep"),
    "instrument": ("what instrument does {s} play", "which instrument does {s} play", "what is the instrument of {s}", "what does {s} play", "which instrument belongs to {s}"),
    "home": ("where does {s} live", "in which town does {s} live", "what is the home town of {s}", "which town is the home of {s}", "where is the home of {s}"),
}  # fmt: skip
_OPEN_QUESTION = options(
    "|Tell me, |I wonder, |Do you know, |Please say, |Quick question, |For my quiz, |My son asks, "
)
_OPEN_STATEMENT = options("""|As every child knows, |In the old book it says that |Travellers report that |They say that |
It is true that |My aunt told me that |The map shows that |Remember that |I read that |The guide says that |
At school we learn that |The mayor wrote that |As far as I know, |Nobody doubts that """)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is true in the little world: ``subject`` has ``value`` as its ``relation``."""

    subject: str
    relation: str
    value: str


def _facts() -> tuple[Fact, ...]:
    rng = random.Random("the little world")
    town = ("river", "bird", "dish", "colour", "festival")
    person = ("job", "pet", "instrument", "home")
    return tuple(
        Fact(subject, relation, rng.choice(_VALUES[relation]))
        for subjects, relations in ((TOWNS, town), (PEOPLE, person))
        for subject in subjects
        for relation in relations
    )


FACTS = _facts()


def statement(rng: random.Random, fact: Fact) -> str:
    """A clause that states the fact, without capital and full stop."""
    opening = rng.choice(_OPEN_STATEMENT)
    return opening + rng.choice(_STATED[fact.relation]).format(s=fact.subject, v=fact.value)


def question(rng: random.Random, fact: Fact) -> str:
    """A question whose answer is the fact's value."""
    asked = rng.choice(_OPEN_QUESTION) + rng.choice(_ASKED[fact.relation]).format(s=fact.subject) + "?"
    return asked[0].upper() + asked[1:]
