"""The four ROUGE metrics, as F1 between 0 and 1, the best over the references."""

from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from importlib.metadata import version

import numpy as np

from harness.metrics.base import MeanMetric, register
from harness.metrics.common import mean_score, references, uncollected
from harness.metrics.rouge.lcs import union_of_lcs
from harness.metrics.text.overlap import ngram_matches
from harness.metrics.text.words import different_pairs, encode_pairs
from harness.records import Response, Score

Tokens = list[str]


class RougeMetric(MeanMetric):
    """A ROUGE F1 (Lin 2004) with rouge-score's tokenizer: lower case, letters a-z and digits only.

    Args:
        stemmer: Porter-stem words longer than three letters, as ``use_stemmer`` there.
    """

    bounds = (0.0, 1.0)

    def __init__(self, *, labels: Sequence[str] = (), stemmer: bool = False) -> None:
        self.stemmer = stemmer

    @property
    def signature(self) -> str:
        stem = "porter" if self.stemmer else "no"
        return f"{self.name}|f1|stemmer:{stem}|references:max|tokens:rouge-score:{version('rouge-score')}"

    @abstractmethod
    def overlap(self, found: Sequence[str], wanted: Sequence[str]) -> np.ndarray:
        """What each pair of texts shares, the size of ``wanted`` and that of ``found``; shape ``(3, pairs)``."""

    @uncollected
    def measure(self, responses: Sequence[Response]) -> list[Score]:
        if not responses:
            return []
        wanted = [references(response, self.name) for response in responses]
        sizes = [len(several) for several in wanted]
        found = [response.text or "" for response, size in zip(responses, sizes, strict=True) for _ in range(size)]
        values = f_measure(*self.overlap(found, [one for several in wanted for one in several]))
        best = np.maximum.reduceat(values, np.cumsum([0, *sizes[:-1]]))
        return [
            mean_score(value, extracted=response.text) for value, response in zip(best.tolist(), responses, strict=True)
        ]


class _CodedRouge(RougeMetric):
    """Compares texts as strings with one character a word."""

    def overlap(self, found: Sequence[str], wanted: Sequence[str]) -> np.ndarray:
        *codes, index = _encoded(tuple(found), tuple(wanted), self.stemmer)
        return self.compare(*codes)[:, index]

    @abstractmethod
    def compare(self, found: Sequence[str], wanted: Sequence[str]) -> np.ndarray:
        """As `overlap`, of coded texts."""


class RougeN(_CodedRouge):
    """Overlap of n-grams."""

    order: int

    def compare(self, found: Sequence[str], wanted: Sequence[str]) -> np.ndarray:
        sizes = [np.maximum(_lengths(side) - self.order + 1, 0) for side in (wanted, found)]
        return np.stack([ngram_matches(found, wanted, (self.order,))[:, 0], *sizes])


@register("rouge1")
class Rouge1(RougeN):
    """Unigram overlap."""

    order = 1


@register("rouge2")
class Rouge2(RougeN):
    """Bigram overlap."""

    order = 2


@register("rougeL")
class RougeL(_CodedRouge):
    """Longest common subsequence of the whole texts, by rapidfuzz's bit-parallel algorithm."""

    def compare(self, found: Sequence[str], wanted: Sequence[str]) -> np.ndarray:
        from rapidfuzz.distance import LCSseq
        from rapidfuzz.process import cpdist

        shared = cpdist(found, wanted, scorer=LCSseq.similarity, dtype=np.int64)
        return np.stack([shared, _lengths(wanted), _lengths(found)])


@register("rougeLsum")
class RougeLsum(RougeMetric):
    """Union of the longest common subsequences of each reference line with all answer lines (newline-separated)."""

    def overlap(self, found: Sequence[str], wanted: Sequence[str]) -> np.ndarray:
        lines = lru_cache(maxsize=4096)(self._lines)
        return np.array([_union(lines(other), lines(one)) for one, other in zip(found, wanted, strict=True)]).T

    def _lines(self, text: str) -> list[Tokens]:
        tokenize = _tokenizer(self.stemmer)
        return [tokenize(line) for line in text.split("\n") if line]


def f_measure(shared: np.ndarray, wanted: np.ndarray, found: np.ndarray) -> np.ndarray:
    """F1 in rouge-score's order of operations, so that the last bit agrees."""
    precision, recall = shared / np.maximum(found, 1), shared / np.maximum(wanted, 1)
    return 2 * precision * recall / np.where(shared > 0, precision + recall, 1)


@lru_cache(maxsize=4)
def _encoded(found: tuple[str, ...], wanted: tuple[str, ...], stemmer: bool) -> tuple[list[str], list[str], list[int]]:
    """Each different pair, one character a word, and the place of every pair among them.

    Kept for a task's next ROUGE metric, which asks for the same texts.
    """
    said, against, index = different_pairs(found, wanted)
    return *encode_pairs(said, against, _tokenizer(stemmer)), index


def _lengths(texts: Sequence[str]) -> np.ndarray:
    return np.array([len(text) for text in texts])


def _union(wanted: list[Tokens], found: list[Tokens]) -> tuple[int, int, int]:
    """Tokens that the union covers, and all of either text."""
    left_wanted = Counter(token for line in wanted for token in line)
    left_found = Counter(token for line in found for token in line)
    total_wanted, total_found = left_wanted.total(), left_found.total()
    hits = 0
    for line in wanted:
        for i in union_of_lcs(line, found):
            token = line[i]
            if left_found[token] > 0 and left_wanted[token] > 0:
                hits += 1
                left_found[token] -= 1
                left_wanted[token] -= 1
    return hits, total_wanted, total_found


@cache
def _tokenizer(stemmer: bool) -> Callable[[str], Tokens]:
    from rouge_score import tokenize

    stem = _CachedStemmer() if stemmer else None
    return lambda text: tokenize.tokenize(text, stem)


class _CachedStemmer:
    """NLTK's Porter stemmer, each word once: stemming is nine tenths of ROUGE's time."""

    def __init__(self) -> None:
        from nltk.stem.porter import PorterStemmer

        self.stem = lru_cache(maxsize=200_000)(PorterStemmer().stem)
