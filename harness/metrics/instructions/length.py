"""How long an answer is: words, sentences, paragraphs."""

import re
from functools import cache
from typing import Any

from harness.metrics.instructions.registry import Count, Phrase, Relation, compares, instruction

#: Words whose period ends no sentence unless what follows says so. nltk's trained list is a download; these are common.
_ABBREVIATIONS = """
    mr mrs ms dr prof st sr jr rep reps sen gen col maj capt lt sgt rev hon messrs vs e.g i.e a.m p.m a.d b.c u.s u.k
    u.n d.c u.s.a n.y l.a ph.d m.d b.a m.b.a inc ltd co corp bros jan feb apr aug sep sept oct nov dec tues wed fri
    ave blvd ft mt j.k j.r
"""
_FIRST_WORD_ENDS = re.compile("[.,?!'\"]")


@instruction("length_constraints:number_words")
def number_words(answer: str, relation: Relation, num_words: Count) -> bool:
    """Runs of letters and digits."""
    return compares(len(re.findall(r"\w+", answer)), relation, num_words)


@instruction("length_constraints:number_sentences")
def number_sentences(answer: str, relation: Relation, num_sentences: Count) -> bool:
    """Sentences as the Punkt algorithm cuts them."""
    return compares(len(sentences(answer)), relation, num_sentences)


@instruction("length_constraints:number_paragraphs")
def number_paragraphs(answer: str, num_paragraphs: Count) -> bool:
    """Paragraphs between dividers ``***``; only the first and the last may be empty."""
    parts = [part.strip() for part in answer.split("***")]
    inner = parts[1:-1]
    return all(inner) and sum(map(bool, parts)) == num_paragraphs


@instruction("length_constraints:nth_paragraph_first_word")
def nth_paragraph_first_word(answer: str, num_paragraphs: Count, nth_paragraph: Count, first_word: Phrase) -> bool:
    """Paragraphs between blank lines, and the word that one of them starts with.

    Empty paragraphs count for the place but not for the number, as in the official checker.
    """
    parts = [part.strip() for part in answer.split("\n\n")]
    filled = sum(map(bool, parts))
    if not 1 <= nth_paragraph <= filled or not parts[nth_paragraph - 1]:
        return False
    word = parts[nth_paragraph - 1].split()[0].lstrip("'").lstrip('"')
    return filled == num_paragraphs and _FIRST_WORD_ENDS.split(word)[0].lower() == first_word.lower()


def sentences(text: str) -> list[str]:
    """A text's sentences, by nltk's Punkt algorithm (Kiss and Strunk 2006) with a fixed list of abbreviations."""
    return [str(sentence) for sentence in _punkt().tokenize(text)]


@cache
def _punkt() -> Any:
    from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

    parameters = PunktParameters()
    parameters.abbrev_types = set(_ABBREVIATIONS.split())
    tokenizer = PunktSentenceTokenizer()
    tokenizer._params = parameters
    return tokenizer
