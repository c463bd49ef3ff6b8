"""Language, letter case, commas, and how an answer starts, ends or repeats."""

from contextlib import suppress
from functools import cache
from typing import Annotated, Any

from pydantic import StringConstraints

from harness.metrics.instructions.length import sentences
from harness.metrics.instructions.registry import (
    BadInstruction,
    Count,
    Phrase,
    Relation,
    compares,
    instruction,
)

Request = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


@instruction("language:response_language")
def response_language(answer: str, language: Phrase) -> bool:
    """The answer's language by langdetect, as an ISO 639-1 code."""
    if language not in _languages().get_lang_list():
        raise BadInstruction(f"language:response_language: no detector for language {language!r}")
    return detect_language(answer) == language


@instruction("change_case:english_capital")
def english_capital(answer: str) -> bool:
    """English without a small letter."""
    return answer.isupper() and detect_language(answer) == "en"


@instruction("change_case:english_lowercase")
def english_lowercase(answer: str) -> bool:
    """English without a capital letter."""
    return answer.islower() and detect_language(answer) == "en"


@instruction("change_case:capital_word_frequency")
def capital_word_frequency(answer: str, capital_frequency: Count, capital_relation: Relation) -> bool:
    """So many words in capitals, of the Penn Treebank's words."""
    from nltk.tokenize import NLTKWordTokenizer

    words = NLTKWordTokenizer()
    capitals = sum(word.isupper() for sentence in sentences(answer) for word in words.tokenize(sentence))
    return compares(capitals, capital_relation, capital_frequency)


@instruction("punctuation:no_comma")
def no_comma(answer: str) -> bool:
    """No comma anywhere."""
    return "," not in answer


@instruction("startend:end_checker")
def end_checker(answer: str, end_phrase: Phrase) -> bool:
    """The answer's last words, quotation marks around it aside."""
    return answer.strip().strip('"').lower().endswith(end_phrase.lower())


@instruction("startend:quotation")
def quotation(answer: str) -> bool:
    """Double quotation marks around the whole answer."""
    text = answer.strip()
    return len(text) > 1 and text[0] == text[-1] == '"'


@instruction("combination:repeat_prompt")
def repeat_prompt(answer: str, prompt_to_repeat: Request) -> bool:
    """The request, word for word, before anything else."""
    return answer.strip().lower().startswith(prompt_to_repeat.lower())


@instruction("combination:two_responses")
def two_responses(answer: str) -> bool:
    """Two different answers, parted by six stars."""
    parts = [part.strip() for part in answer.split("******")]
    filled = [part for part in parts if part]
    return all(parts[1:-1]) and len(filled) == 2 and filled[0] != filled[1]


def detect_language(text: str) -> str | None:
    """langdetect's first choice with a fixed seed; None where the text has no words to tell by.

    The official checker leaves the detector unseeded, and lets an answer without words pass.
    """
    from langdetect import LangDetectException

    detector = _languages().create()
    detector.seed = 0
    detector.append(text)
    try:
        return str(detector.detect())
    except LangDetectException:
        return None


def possible_languages(text: str, seeds: int = 3) -> set[str]:
    """Every language that langdetect holds possible, drawn with several seeds: of a short text it guesses."""
    from langdetect import LangDetectException

    found: set[str] = set()
    for seed in range(seeds):
        detector = _languages().create()
        detector.seed = seed
        detector.append(text)
        with suppress(LangDetectException):
            found.update(str(one.lang) for one in detector.get_probabilities())
    return found


@cache
def _languages() -> Any:
    from langdetect import PROFILES_DIRECTORY, DetectorFactory

    factory = DetectorFactory()
    factory.load_profile(PROFILES_DIRECTORY)
    return factory
