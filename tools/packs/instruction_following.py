"""Short writing requests with one to three instructions that a program can verify, in IFEval's fields."""

import random
from collections.abc import Callable
from typing import Any

from writing import Files, Row, write

NAME = "instruction_following"
SAMPLES = 320

TOPICS = ("owls", "bicycles", "lighthouses", "libraries", "rivers", "bread ovens", "sailing boats", "hedgehogs", "clouds",
          "apple trees", "trains", "violins", "mountains", "honey bees", "bridges", "snowmen", "market stalls", "kites",
          "street lamps", "penguins", "volcanoes", "teapots", "gardens", "paper maps", "umbrellas", "whales")  # fmt: skip
REQUESTS = (
    "Write a short text about {topic}.",
    "Tell me something interesting about {topic}.",
    "Describe {topic} to a child.",
    "Write a short letter to a friend about {topic}.",
    "Write a note about {topic} for a school newspaper.",
    "Say why people like {topic}.",
    "Write a very short story in which {topic} play a part.",
    "Write a small advertisement for a book about {topic}.",
)
QUESTIONS = (
    "Have you ever seen {topic} at night?",
    "Do you think that {topic} are beautiful?",
    "Would a film about {topic} be a good present?",
    "Should a school have a lesson about {topic}?",
)
WORDS = ("morning", "colour", "quiet", "people", "water", "small", "winter", "hand", "road", "music", "story", "light")
FORBIDDEN = ("very", "nice", "and", "because", "always", "important", "many", "good", "really", "love")
FIRST_WORDS = ("today", "once", "people", "sometimes", "nobody", "yesterday", "perhaps", "finally")
ENDINGS = ("That is all for today.", "Thank you for reading.", "What do you think?", "See you tomorrow!", "The end.")
LANGUAGES = {"German": "de", "French": "fr", "Spanish": "es", "Italian": "it", "Portuguese": "pt", "Dutch": "nl"}

#: An instruction's arguments and the sentence that asks for it.
Asked = tuple[dict[str, Any], str]


def _number(rng: random.Random, low: int, high: int) -> tuple[str, int]:
    relation = rng.choice(("at least", "less than"))
    return relation, rng.randint(low, high)


def _existence(rng: random.Random) -> Asked:
    words = rng.sample(WORDS, rng.randint(1, 3))
    return {"keywords": words}, f"Use {'this word' if len(words) == 1 else 'these words'}: {' / '.join(words)}."


def _frequency(rng: random.Random) -> Asked:
    word, count = rng.choice(WORDS), rng.randint(2, 4)
    return {
        "keyword": word,
        "relation": "at least",
        "frequency": count,
    }, f'Use the word "{word}" at least {count} times.'


def _forbidden(rng: random.Random) -> Asked:
    words = rng.sample(FORBIDDEN, rng.randint(1, 3))
    return {
        "forbidden_words": words
    }, f"Do not use {'this word' if len(words) == 1 else 'these words'}: {' / '.join(words)}."


def _letter(rng: random.Random) -> Asked:
    letter, count = rng.choice("bkmwy"), rng.randint(2, 6)
    return (
        {"letter": letter, "let_relation": "at least", "let_frequency": count},
        f'The letter "{letter}" must appear at least {count} times.',
    )


def _words(rng: random.Random) -> Asked:
    relation, count = _number(rng, 12, 60)
    return {"relation": relation, "num_words": count}, f"Answer with {relation} {count} words."


def _sentences(rng: random.Random) -> Asked:
    relation, count = _number(rng, 3, 6)
    return {"relation": relation, "num_sentences": count}, f"Your answer must have {relation} {count} sentences."


def _paragraphs(rng: random.Random) -> Asked:
    count = rng.randint(2, 4)
    return {"num_paragraphs": count}, f"Write exactly {count} paragraphs and put a line with *** between them."


def _nth_paragraph(rng: random.Random) -> Asked:
    count, word = rng.randint(2, 3), rng.choice(FIRST_WORDS)
    place = rng.randint(1, count)
    return (
        {"num_paragraphs": count, "nth_paragraph": place, "first_word": word},
        f'Write exactly {count} paragraphs with an empty line between them. Paragraph {place} must start with the word "{word}".',
    )


def _bullets(rng: random.Random) -> Asked:
    count = rng.randint(2, 5)
    return {
        "num_bullets": count
    }, f"Your answer must contain exactly {count} bullet points, each on a line that starts with *."


def _highlights(rng: random.Random) -> Asked:
    count = rng.randint(1, 3)
    return {"num_highlights": count}, f"Highlight at least {count} part{'s' * (count > 1)} of your answer like *this*."


def _sections(rng: random.Random) -> Asked:
    count, word = rng.randint(2, 3), rng.choice(("Part", "Section"))
    return (
        {"section_spliter": word, "num_sections": count},
        f"Divide your answer into {count} sections and begin each with its number: {word} 1 and so on.",
    )


def _placeholders(rng: random.Random) -> Asked:
    count = rng.randint(1, 3)
    return {
        "num_placeholders": count
    }, f"Leave at least {count} placeholder{'s' * (count > 1)} in square brackets such as [name]."


def _postscript(rng: random.Random) -> Asked:
    marker = rng.choice(("P.S.", "P.P.S"))
    return {"postscript_marker": marker}, f"End with a postscript that starts with {marker}"


def _ending(rng: random.Random) -> Asked:
    phrase = rng.choice(ENDINGS)
    return {"end_phrase": phrase}, f'Finish with exactly these words and nothing after them: "{phrase}"'


def _capital_words(rng: random.Random) -> Asked:
    count = rng.randint(2, 4)
    return (
        {"capital_relation": "at least", "capital_frequency": count},
        f"Write at least {count} words in CAPITAL letters.",
    )


def _fixed(*sentences: str) -> Callable[[random.Random], Asked]:
    return lambda rng: ({}, rng.choice(sentences))


#: Instructions that go together: at most one of each group stands in a prompt.
GROUPS: dict[str, dict[str, Callable[[random.Random], Asked]]] = {
    "words": {
        "keywords:existence": _existence,
        "keywords:frequency": _frequency,
        "keywords:letter_frequency": _letter,
    },
    "without": {
        "keywords:forbidden_words": _forbidden,
        "punctuation:no_comma": _fixed("Do not use any commas.", "There must be no comma in your answer."),
    },
    "length": {
        "length_constraints:number_words": _words,
        "length_constraints:number_sentences": _sentences,
        "length_constraints:number_paragraphs": _paragraphs,
        "length_constraints:nth_paragraph_first_word": _nth_paragraph,
        "detectable_format:number_bullet_lists": _bullets,
    },
    "marks": {
        "detectable_format:number_highlighted_sections": _highlights,
        "detectable_format:title": _fixed("Give it a title in double angular brackets: <<title>>."),
        "detectable_content:number_placeholders": _placeholders,
    },
    "end": {
        "startend:end_checker": _ending,
        "detectable_content:postscript": _postscript,
        "startend:quotation": _fixed("Put your whole answer in double quotation marks."),
    },
    "case": {
        "change_case:english_capital": _fixed("Write in English and in capital letters only."),
        "change_case:english_lowercase": _fixed("Write in English and without a single capital letter."),
        "change_case:capital_word_frequency": _capital_words,
        "detectable_format:multiple_sections": _sections,
    },
}


def _language(rng: random.Random, request: str) -> Row:
    name = rng.choice(list(LANGUAGES))
    return _row(f"{request} Answer in {name} only.", ("language:response_language", {"language": LANGUAGES[name]}))


def _json(rng: random.Random, request: str) -> Row:
    return _row(f"{request} Your whole answer must be valid JSON.", ("detectable_format:json_format", {}))


def _two_answers(rng: random.Random, request: str) -> Row:
    asks = "Give two different answers and put six stars between them: ******"
    return _row(f"{request} {asks}", ("combination:two_responses", {}))


def _repeated(rng: random.Random, request: str) -> Row:
    asks = "Before you answer: repeat the sentence above word for word and say nothing before it."
    return _row(f"{request}\n\n{asks}", ("combination:repeat_prompt", {"prompt_to_repeat": request}))


def _closed_question(rng: random.Random, request: str) -> Row:
    question = rng.choice(QUESTIONS).format(topic=rng.choice(TOPICS))
    options = '"My answer is yes." "My answer is no." "My answer is maybe."'
    return _row(
        f"{question} Answer with one of these sentences: {options}", ("detectable_format:constrained_response", {})
    )


#: Instructions that stand alone.
ALONE = (_language, _json, _two_answers, _repeated, _closed_question)


def _row(prompt: str, *instructions: tuple[str, dict[str, Any]]) -> Row:
    names, arguments = zip(*instructions, strict=True)
    return {"prompt": prompt, "instruction_id_list": list(names), "kwargs": list(arguments)}


def _together(rng: random.Random, request: str, group: str, name: str) -> Row:
    others = rng.sample([one for one in GROUPS if one != group], rng.choice((0, 0, 1, 1, 2)))
    chosen = [(name, GROUPS[group][name])] + [rng.choice(list(GROUPS[other].items())) for other in others]
    asked = [(kind, make(rng)) for kind, make in chosen]
    prompt = " ".join([request, *(sentence for _, (_, sentence) in asked)])
    return _row(prompt, *((kind, arguments) for kind, (arguments, _) in asked))


def files() -> Files:
    rng = random.Random(25)
    kinds = [(group, name) for group, makers in GROUPS.items() for name in makers]
    rows: dict[str, Row] = {}
    turn = 0
    while len(rows) < SAMPLES:
        request = rng.choice(REQUESTS).format(topic=rng.choice(TOPICS))
        place = turn % (len(kinds) + len(ALONE))
        row = _together(rng, request, *kinds[place]) if place < len(kinds) else ALONE[place - len(kinds)](rng, request)
        rows.setdefault(row["prompt"], row)
        turn += 1
    return {"test.jsonl": list(rows.values())}


if __name__ == "__main__":
    write(NAME, files())
