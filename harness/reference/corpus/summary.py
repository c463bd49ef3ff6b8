"""One-sentence summaries of short reports: who did what where, and how it ended."""

import random

from harness.reference.corpus.rows import Draw, Row, Skill, options

INSTRUCTION = "Summarise in one sentence:"

_WHO = options("""a retired pilot|the village school|a group of students|the fire brigade|two sisters|a local farmer|the town council|
a young engineer|the chess club|a travelling circus|the hospital|an elderly couple|the rowing team|a bookshop owner|
the railway company|a street musician""")
_DID = options("""opened a small cinema|planted two hundred trees|repaired the old clock|started a night market|built a wooden bridge|
sold a rare painting|organised a bicycle race|rescued a lost dog|closed the swimming pool|painted the bus station|
launched a weather balloon|bought the empty mill|tested a solar boat|found a box of coins|restored the stone well|
cancelled the summer fair""")
_WHERE = options("""in Dunmere|near the harbour|in the old quarter|beside the railway|in Quenby|at the edge of the forest|in Avelin|
behind the library|in Silverford|on the north shore|in Lomisa|close to the castle""")
_WHEN = options(
    "on Monday|last Friday|in early spring|on a rainy morning|at the end of May|two weeks ago|over the weekend|on Thursday night"
)
_END = options("""the mayor thanked them|nobody was hurt|the plan was a success|tickets sold out|the work will go on next year|
many visitors came|the police found no fault|the costs were higher than expected|the neighbours were pleased|
the roof had to be replaced|a second event is planned|the press lost interest""")
_LAST = options("In the end,|Finally,|At the close of the day,|After some weeks,|As it turned out,|Later on,")
_CROWD = options(
    "About {n} people watched|Some {n} neighbours helped|More than {n} children asked questions|Around {n} guests stood outside|Close to {n} letters arrived|At least {n} photographs were taken"
)
_MOOD = options(
    "while a band played|although it was cold|and coffee was served|before the rain began|with little noise|and the street was full|until the lamps went out|as the bells rang"
)


def _lead(rng: random.Random) -> tuple[str, str]:
    who, did, where, when = rng.choice(_WHO), rng.choice(_DID), rng.choice(_WHERE), rng.choice(_WHEN)
    front = rng.random() < 0.5
    full = f"{when}, {who} {did} {where}." if front else f"{who} {did} {where} {when}."
    return full[0].upper() + full[1:], f"{who} {did} {where}"


def _aside(rng: random.Random) -> tuple[str]:
    number = rng.randrange(20, 400, 5)
    return (f"{rng.choice(_CROWD).format(n=number)} {rng.choice(_MOOD)}.",)


def _close(rng: random.Random) -> tuple[str, str]:
    end = rng.choice(_END)
    return f"{rng.choice(_LAST)} {end} {rng.choice(_WHEN)}.", end


def example(draw: Draw) -> Row:
    def gist(_: random.Random) -> tuple[str, str, str]:
        lead, event = draw.sentence(_lead)
        close, end = draw.sentence(_close)
        return f"{event[0].upper()}{event[1:]}, and {end}.", lead, close

    summary, lead, close = draw.sentence(gist)
    asides = [draw.sentence(_aside)[0] for _ in range(draw.rng.randint(1, 2))]
    text = " ".join([lead, *asides, close])
    return Row("summary", text, f"{INSTRUCTION} {text}", summary, {"text": text, "summary": summary})


SKILL = Skill("summary", example)
