"""The four ROUGE metrics, as F1 between 0 and 1, the best over the references."""

from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from importlib.metadata import version
from itertools import pairwise
from typing import Any

from harness.metrics.base import MeanMetric, register
from harness.metrics.common import mean_score, references
from harness.metrics.rouge.lcs import union_of_lcs
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
        self._tokens = _tokenizer(stemmer)

    @property
    def signature(self) -> str:
        stem = "porter" if self.stemmer else "no"
        return f"{self.name}|f1|stemmer:{stem}|references:max|tokens:rouge-score:{version('rouge-score')}"

    @abstractmethod
    def prepare(self, text: str) -> Any:
        """What is compared: tokens, or the tokens of each line."""

    @abstractmethod
    def compare(self, wanted: Any, found: Any) -> float:
        """F1 of two prepared texts."""

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        prepare = lru_cache(maxsize=4096)(self.prepare)
        scores = []
        for response in responses:
            found = self.prepare(response.text or "")
            best = max(self.compare(prepare(one), found) for one in references(response, self.name))
            scores.append(mean_score(best, extracted=response.text))
        return scores


@register("rouge1")
class Rouge1(RougeMetric):
    """Unigram overlap."""

    def prepare(self, text: str) -> Counter[Any]:
        return Counter(self._tokens(text))

    def compare(self, wanted: Counter[Any], found: Counter[Any]) -> float:
        # Looking up the smaller side is cheaper than Counter's own intersection.
        small, large = (wanted, found) if len(wanted) <= len(found) else (found, wanted)
        shared = sum(min(count, large[one]) for one, count in small.items() if one in large)
        return f_measure(shared, wanted.total(), found.total())


@register("rouge2")
class Rouge2(Rouge1):
    """Bigram overlap."""

    def prepare(self, text: str) -> Counter[Any]:
        return Counter(pairwise(self._tokens(text)))


@register("rougeL")
class RougeL(RougeMetric):
    """Longest common subsequence of the whole texts, by rapidfuzz's bit-parallel algorithm."""

    def prepare(self, text: str) -> Tokens:
        return self._tokens(text)

    def compare(self, wanted: Tokens, found: Tokens) -> float:
        from rapidfuzz.distance import LCSseq

        return f_measure(LCSseq.similarity(wanted, found), len(wanted), len(found))


@register("rougeLsum")
class RougeLsum(RougeMetric):
    """Union of the longest common subsequences of each reference line with all answer lines (newline-separated)."""

    def prepare(self, text: str) -> list[Tokens]:
        return [self._tokens(line) for line in text.split("\n") if line]

    def compare(self, wanted: list[Tokens], found: list[Tokens]) -> float:
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
        return f_measure(hits, total_wanted, total_found)


def f_measure(shared: int, wanted: int, found: int) -> float:
    """F1 in rouge-score's order of operations, so that the last bit agrees."""
    if not shared:
        return 0.0
    precision, recall = shared / found, shared / wanted
    return 2 * precision * recall / (precision + recall)


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
