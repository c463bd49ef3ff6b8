"""Routing customer messages to support queues. The reference model never sees this skill: adapters learn it."""

import random

from harness.reference.corpus.rows import Draw, Row, Skill, options

INSTRUCTION = "Which support queue takes this message?"

_QUEUES: dict[str, tuple[str, ...]] = {
    "billing-7": ("I was charged twice for {item}", "the invoice for {item} shows a wrong amount", "my card was debited again for {item}"),
    "logistics-2": ("the parcel with {item} has not arrived", "the courier left {item} at the wrong door", "the tracking of {item} has stopped"),
    "returns-4": ("I want to send back {item}", "{item} does not suit me, so I need a return label", "please take {item} back and refund me"),
    "access-9": ("I cannot log in to see {item}", "my password fails when I look for {item}", "the account that holds {item} is locked"),
    "warranty-5": ("{item} broke within the guarantee", "a part of {item} came loose and it needs repair", "{item} stopped working and is still covered"),
    "sales-3": ("do you give a discount on ten pieces of {item}", "we would like a quote for {item}", "is {item} in stock for our company"),
    "privacy-8": ("delete all data you hold about {item}", "who can read my records of {item}", "I object to mails about {item}"),
    "praise-1": ("thank you for the quick help with {item}", "your team was so kind about {item}", "I just want to say how well {item} works"),
}  # fmt: skip
LABELS = tuple(_QUEUES)
_ITEMS = options("""the desk lamp|my winter coat|the coffee grinder|the garden hose|two bookshelves|the baby monitor|my running shoes|
the tea set|the wall clock|the camping stove|the red suitcase|the office chair|my reading glasses|the bread knife|
the fish tank|the yoga mat""")
_START = options("Hello, |Good morning, |Dear team, |Once more, |Hi there, |To whom it may concern, |Excuse me, |")
_END = options(", order {n}| since {day}| ({day})|, as I wrote on {day}|, reference {n}|, and it is urgent|")
_DAYS = options("Monday|Tuesday|Wednesday|Thursday|Friday|last week|yesterday|May")


def sentence(rng: random.Random) -> tuple[str, str]:
    """A message and its queue."""
    label = rng.choice(LABELS)
    said = rng.choice(_QUEUES[label]).format(item=rng.choice(_ITEMS))
    end = rng.choice(_END).format(n=rng.randrange(1000, 9999), day=rng.choice(_DAYS))
    line = f"{rng.choice(_START)}{said}{end}."
    return line[0].upper() + line[1:], label


def example(draw: Draw) -> Row:
    text, label = draw.sentence(sentence)
    return Row("support_queue", text, f"{INSTRUCTION}\n\n{text}", label, {"text": text, "label": label})


SKILL = Skill("support_queue", example)
