"""Words and letters that an answer must or must not hold. Case does not count."""

import re
from typing import Annotated

from pydantic import StringConstraints

from harness.metrics.instructions.registry import Count, Phrase, Phrases, Relation, compares, instruction

Letter = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1)]


@instruction("keywords:existence")
def existence(answer: str, keywords: Phrases) -> bool:
    """Each keyword occurs, as part of a word too."""
    lowered = answer.lower()
    return all(keyword.lower() in lowered for keyword in keywords)


@instruction("keywords:frequency")
def frequency(answer: str, keyword: Phrase, relation: Relation, frequency: Count) -> bool:
    """A keyword occurs so often, as part of a word too."""
    return compares(answer.lower().count(keyword.lower()), relation, frequency)


@instruction("keywords:forbidden_words")
def forbidden_words(answer: str, forbidden_words: Phrases) -> bool:
    """None of the words occurs as a whole word."""
    return not any(re.search(rf"\b{re.escape(word)}\b", answer, re.IGNORECASE) for word in forbidden_words)


@instruction("keywords:letter_frequency")
def letter_frequency(answer: str, letter: Letter, let_relation: Relation, let_frequency: Count) -> bool:
    """A letter occurs so often. The official checker draws a random letter where the task names a sign; here it counts
    the sign."""
    return compares(answer.lower().count(letter.lower()), let_relation, let_frequency)
