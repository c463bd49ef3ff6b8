"""METEOR, by nltk's own matcher."""

from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.metadata import version
from typing import Any

from harness.metrics.base import MeanMetric, register
from harness.metrics.common import mean_score, references
from harness.records import InputError, Response, Score


@register("meteor")
class Meteor(MeanMetric):
    """METEOR between 0 and 1, the best over the references (Banerjee and Lavie 2005): nltk's ``meteor_score``.

    Words are those of nltk's Penn Treebank tokenizer, in lower case; they match if they are equal or have the same
    Porter stem. With ``synonyms``, also if WordNet knows them as such.

    Args:
        synonyms: Match synonyms too. WordNet is a download of its own (``python -m nltk.downloader wordnet``).
        alpha, beta, gamma: Weight of precision, shape and weight of the penalty for fragments.

    Raises:
        InputError: synonyms are wanted and WordNet is not installed.
    """

    bounds = (0.0, 1.0)

    def __init__(
        self,
        *,
        labels: Sequence[str] = (),
        synonyms: bool = False,
        alpha: float = 0.9,
        beta: float = 3.0,
        gamma: float = 0.5,
    ) -> None:
        self.synonyms = synonyms
        self._parameters = {"alpha": alpha, "beta": beta, "gamma": gamma}
        self._wordnet: Any = _wordnet() if synonyms else _NoSynonyms()

    @property
    def signature(self) -> str:
        parameters = "|".join(f"{name}:{value:g}" for name, value in self._parameters.items())
        synonyms = "wordnet" if self.synonyms else "none"
        return f"{self.name}|{parameters}|stems:porter|synonyms:{synonyms}|tokens:treebank|nltk:{version('nltk')}"

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        tokens = lru_cache(maxsize=4096)(_treebank().tokenize)
        return [self._judge(response, tokens) for response in responses]

    def _judge(self, response: Response, tokens: Any) -> Score:
        from nltk.translate.meteor_score import meteor_score

        wanted = [tokens(one) for one in references(response, self.name)]
        found = _treebank().tokenize(response.text or "")
        value = meteor_score(wanted, found, stemmer=_stemmer(), wordnet=self._wordnet, **self._parameters)
        return mean_score(float(value), extracted=response.text)


class _NoSynonyms:
    """Stands where nltk asks WordNet for synonyms."""

    def synsets(self, word: str) -> tuple[()]:
        return ()


class _CachedStemmer:
    """nltk's Porter stemmer, each word once: stemming is most of METEOR's time."""

    def __init__(self) -> None:
        from nltk.stem.porter import PorterStemmer

        self.stem = lru_cache(maxsize=200_000)(PorterStemmer().stem)


@cache
def _stemmer() -> _CachedStemmer:
    return _CachedStemmer()


@cache
def _treebank() -> Any:
    from nltk.tokenize import NLTKWordTokenizer

    return NLTKWordTokenizer()


def _wordnet() -> Any:
    from nltk.corpus import wordnet

    try:
        wordnet.ensure_loaded()
    except LookupError:
        raise InputError(
            "meteor: WordNet is not installed",
            mend="run 'python -m nltk.downloader wordnet', or leave synonyms out",
        ) from None
    return wordnet
