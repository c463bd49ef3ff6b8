"""BLEU, chrF, chrF++ and TER: sacrebleu's statistics per segment, its formulas vectorised over resamples.

sacrebleu extracts the statistics (tokenizers, n-grams, edits), so that little of the definition is written twice: the
last step, from sums to figure, which has to run on thousands of bootstrap sums at once, and the counting of BLEU's
n-grams, which is most of its time.
"""

from abc import abstractmethod
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

from harness.metrics.base import Metric, register
from harness.metrics.common import references, uncollected
from harness.metrics.text.overlap import ngram_matches
from harness.metrics.text.words import different_pairs, encode_pairs
from harness.records import InputError, Outcome, Response, Score


class SacreMetric(Metric):
    """A corpus metric of sacrebleu, 0 to 100. Statistics: sacrebleu's for the segment, then 1."""

    def __init__(self, scorer: Any) -> None:
        self._scorer = scorer
        self._scorer.num_refs = 1

    @property
    def signature(self) -> str:
        """sacrebleu's own signature behind the metric's name; ``nrefs`` is that of the samples last measured."""
        return f"{self.name}|{self._scorer.get_signature()}"

    @abstractmethod
    def figure(self, sums: np.ndarray, *, sentence: bool = False) -> np.ndarray:
        """The figure from sacrebleu's summed statistics; ``sentence`` for the value of a single segment."""

    @uncollected
    def measure(self, responses: Sequence[Response]) -> list[Score]:
        if not responses:
            return []
        found = [response.text or "" for response in responses]
        rows = self.statistics(found, [references(response, self.name) for response in responses])
        values = self.figure(rows, sentence=True).tolist()
        whole = zip(*(column.tolist() for column in rows.T), [1.0] * len(rows), strict=True)
        return [
            Score(Outcome.SCORED, value, row, response.text)
            for value, row, response in zip(values, whole, responses, strict=True)
        ]

    def statistics(self, found: Sequence[str], wanted: Sequence[Sequence[str]]) -> np.ndarray:
        """sacrebleu's statistics of each segment, shape ``(segments, width)``."""
        streams = list(zip_longest(*wanted))
        return np.asarray(self._scorer._extract_corpus_statistics(found, streams), dtype=float)

    def aggregate(self, sums: np.ndarray) -> np.ndarray:
        sums = np.asarray(sums, dtype=float)
        return np.where(sums[..., -1] > 0, self.figure(sums[..., :-1]), np.nan)


@register("bleu")
class Bleu(SacreMetric):
    """Corpus BLEU (Papineni et al. 2002) as sacrebleu computes it (Post 2018).

    Args:
        tokenize: ``13a``, ``none``, ``intl``, ``zh``, ``char``, ... as sacrebleu names them.
        lowercase: Compare in lower case.
        smooth: ``exp``, ``floor``, ``add-k`` or ``none``; ``smooth_value`` for the middle two.
        max_order: Longest n-gram.
    """

    def __init__(
        self,
        *,
        labels: Sequence[str] = (),
        tokenize: str = "13a",
        lowercase: bool = False,
        smooth: str = "exp",
        smooth_value: float | None = None,
        max_order: int = 4,
    ) -> None:
        from sacrebleu.metrics import BLEU

        if tokenize not in BLEU.TOKENIZERS:
            raise InputError(f"bleu: unknown tokenizer {tokenize!r}", mend=f"use one of {', '.join(BLEU.TOKENIZERS)}")
        if smooth not in BLEU.SMOOTH_DEFAULTS:
            raise InputError(
                f"bleu: unknown smoothing {smooth!r}", mend=f"use one of {', '.join(BLEU.SMOOTH_DEFAULTS)}"
            )
        super().__init__(
            BLEU(
                tokenize=tokenize,
                lowercase=lowercase,
                smooth_method=smooth,
                smooth_value=smooth_value,
                max_ngram_order=max_order,
                force=True,
            )
        )
        self._order, self._smooth = max_order, smooth
        self._tokenize = tokenize
        self._smooth_value = float((BLEU.SMOOTH_DEFAULTS[smooth] if smooth_value is None else smooth_value) or 0)

    def statistics(self, found: Sequence[str], wanted: Sequence[Sequence[str]]) -> np.ndarray:
        """As sacrebleu counts, but all segments at once where each has one reference."""
        if any(len(one) != 1 for one in wanted):
            return super().statistics(found, wanted)
        self._scorer.num_refs = 1
        said, references, index = different_pairs(found, [one for (one,) in wanted])
        codes = encode_pairs(said, references, self._words, self._whole)
        orders = range(1, self._order + 1)
        lengths = np.array([[len(text) for text in side] for side in codes], dtype=float).T
        totals = [np.maximum(lengths[:, :1] - order + 1, 0) for order in orders]
        return np.column_stack([lengths, ngram_matches(*codes, tuple(orders)), *totals])[index]

    def _words(self, text: str) -> list[str]:
        if self._tokenize == "13a" and text.isalnum() and not self._scorer.lowercase:
            return [text]  # 13a is about punctuation
        return str(self._scorer._preprocess_segment(text)).split()

    def _whole(self, text: str) -> bool:
        # 13a joins what a line break hyphenates; nothing else in it, and nothing in none, looks beyond white space.
        return self._tokenize != "none" and (self._tokenize != "13a" or "-\n" in text or "<skipped>" in text)

    def figure(self, sums: np.ndarray, *, sentence: bool = False) -> np.ndarray:
        """``BLEU.compute_bleu``; a sentence's value uses its effective order, as ``sentence_bleu``."""
        n = self._order
        found, wanted = sums[..., 0], sums[..., 1]
        correct, total = sums[..., 2 : 2 + n], sums[..., 2 + n :]
        any_match = correct.any(-1)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            penalty = np.where(found < wanted, np.where(found > 0, np.exp(1 - wanted / found), 0.0), 1.0)
            precisions = self._precisions(correct, total)
            logs = np.log(precisions)
        # sacrebleu stops at the first order without n-grams and reads log 0 as a very large negative number.
        logs = np.where(np.isfinite(logs), logs, -9999999999)
        reached = np.cumprod(self._totals(total) > 0, -1).astype(bool)
        orders = reached.sum(-1) if sentence else np.full(reached.shape[:-1], n)
        kept = reached if sentence else np.ones_like(reached)
        mean = np.where(kept, np.where(reached, logs, -9999999999), 0).sum(-1) / np.maximum(orders, 1)
        return np.where(any_match, penalty * np.exp(mean), 0.0)

    def _totals(self, total: np.ndarray) -> np.ndarray:
        return total + self._added() if self._smooth == "add-k" else total

    def _added(self) -> np.ndarray:
        return np.array([0.0] + [self._smooth_value] * (self._order - 1))

    def _precisions(self, correct: np.ndarray, total: np.ndarray) -> np.ndarray:
        total = self._totals(total)
        if self._smooth == "add-k":
            correct = correct + self._added()
        plain = 100 * correct / total
        if self._smooth == "exp":
            halvings = np.cumsum(correct == 0, -1)
            return np.where(correct == 0, 100 / (2.0**halvings * total), plain)
        if self._smooth == "floor":
            return np.where(correct == 0, 100 * self._smooth_value / total, plain)
        return plain


@register("chrf")
class Chrf(SacreMetric):
    """Corpus chrF2 (Popović 2015) as sacrebleu computes it; with several references the best one of each segment."""

    default_word_order = 0

    def __init__(
        self,
        *,
        labels: Sequence[str] = (),
        char_order: int = 6,
        word_order: int | None = None,
        beta: int = 2,
        lowercase: bool = False,
    ) -> None:
        from sacrebleu.metrics import CHRF

        words = self.default_word_order if word_order is None else word_order
        super().__init__(CHRF(char_order=char_order, word_order=words, beta=beta, lowercase=lowercase))
        self._factor = beta**2

    def figure(self, sums: np.ndarray, *, sentence: bool = False) -> np.ndarray:
        """``CHRF._compute_f_score`` with effective order: F of the mean precision and the mean recall over orders."""
        found, wanted, match = sums[..., 0::3], sums[..., 1::3], sums[..., 2::3]
        used = (found > 0) & (wanted > 0)
        orders = np.maximum(used.sum(-1), 1)
        precision = np.where(used, match / np.maximum(found, 1), 0).sum(-1) / orders
        recall = np.where(used, match / np.maximum(wanted, 1), 0).sum(-1) / orders
        below = self._factor * precision + recall
        return 100 * (1 + self._factor) * precision * recall / np.where(below > 0, below, 1)


@register("chrf++")
class ChrfPlusPlus(Chrf):
    """chrF with word unigrams and bigrams (Popović 2017)."""

    default_word_order = 2


@register("ter")
class Ter(SacreMetric):
    """Translation edit rate (Snover et al. 2006) as sacrebleu computes it: edits per hundred reference words."""

    greater_is_better = False

    def __init__(
        self,
        *,
        labels: Sequence[str] = (),
        normalized: bool = False,
        no_punct: bool = False,
        asian_support: bool = False,
        case_sensitive: bool = False,
    ) -> None:
        from sacrebleu.metrics import TER

        super().__init__(
            TER(
                normalized=normalized,
                no_punct=no_punct,
                asian_support=asian_support,
                case_sensitive=case_sensitive,
            )
        )

    def figure(self, sums: np.ndarray, *, sentence: bool = False) -> np.ndarray:
        edits, words = sums[..., 0], sums[..., 1]
        return 100 * np.where(words > 0, edits / np.where(words > 0, words, 1), (edits > 0).astype(float))
