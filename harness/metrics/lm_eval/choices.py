"""Figures of ranked choices as lm-evaluation-harness computes them: by a choice's place in the list, not by its text.

The right places stand in the sample's document under `GOLD`; none of them means that the row's target names no choice,
which lm-evaluation-harness counts as wrong.
"""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from harness.metrics.base import MeanMetric, Metric
from harness.metrics.common import mean_score
from harness.records import InputError, Outcome, Response, Score

#: Key of a document that holds the places of the right choices.
GOLD = "lm_eval:gold"
Length = Literal["none", "characters", "bytes"]


@dataclass(frozen=True, slots=True)
class Ranking:
    """One sample's choices, their log-likelihoods of shape ``(choices,)``, and the places of the right ones.

    ``alone`` holds the log-likelihoods without the prompt, where they were asked for.
    """

    choices: tuple[str, ...]
    totals: np.ndarray
    alone: np.ndarray
    greedy: tuple[bool, ...]
    gold: tuple[int, ...]


def ranking(response: Response) -> Ranking:
    """What was answered to the choices of a sample.

    Raises:
        InputError: the answer holds no log-likelihood for each choice.
    """
    sample, likelihoods = response.sample, response.answer.likelihoods
    count = len(sample.choices)
    if not count or len(likelihoods) not in (count, 2 * count):
        raise InputError(
            f"sample {sample.key} has {count} choices and {len(likelihoods)} log-likelihoods", where=sample.task
        )
    totals = np.array([one.total for one in likelihoods])
    greedy = tuple(one.greedy for one in likelihoods[:count])
    return Ranking(sample.choices, totals[:count], totals[count:], greedy, tuple(sample.document.get(GOLD, ())))


class _ChoiceMean(MeanMetric):
    def measure(self, responses: Sequence[Response]) -> list[Score]:
        return [self._judge(ranking(response)) for response in responses]

    @abstractmethod
    def _judge(self, ranked: Ranking) -> Score: ...


class ChoiceAccuracy(_ChoiceMean):
    """``acc``, ``acc_norm`` and ``acc_bytes``: the choice of highest log-likelihood over its length is right."""

    is_rate = True

    def __init__(self, length: Length = "none") -> None:
        self._length = length

    @property
    def signature(self) -> str:
        return f"choices:loglikelihood|per:{self._length}|gold:place"

    def _judge(self, ranked: Ranking) -> Score:
        with np.errstate(divide="ignore", invalid="ignore"):
            chosen = int(np.argmax(ranked.totals / [self._measured(choice) for choice in ranked.choices]))
        return mean_score(float(chosen in ranked.gold), extracted=ranked.choices[chosen])

    def _measured(self, choice: str) -> float:
        if self._length == "none":
            return 1.0
        return float(len(choice.encode("utf-8", "surrogatepass") if self._length == "bytes" else choice))


class MutualInformationAccuracy(_ChoiceMean):
    """``acc_mutual_info``: the choice whose log-likelihood the prompt raises most is right."""

    is_rate = True

    @property
    def signature(self) -> str:
        return "choices:loglikelihood-loglikelihood_without_prompt|gold:place"

    def _judge(self, ranked: Ranking) -> Score:
        chosen = int(np.argmax(ranked.totals - ranked.alone))
        return mean_score(float(chosen in ranked.gold), extracted=ranked.choices[chosen])


class GreedyChoice(_ChoiceMean):
    """``exact_match`` of ranked choices: greedy decoding would give a right one, token for token."""

    is_rate = True

    @property
    def signature(self) -> str:
        return "choices:greedy|gold:place"

    def _judge(self, ranked: Ranking) -> Score:
        return mean_score(float(any(ranked.greedy[place] for place in ranked.gold)))


class ChoiceBrier(_ChoiceMean):
    """``brier_score``: squared distance of the choices' probabilities from the truth, summed over choices."""

    greater_is_better = False

    @property
    def signature(self) -> str:
        return "probabilities:softmax_sum_loglikelihood|classes:summed|gold:place"

    def _judge(self, ranked: Ranking) -> Score:
        weights = np.exp(ranked.totals - ranked.totals.max())
        truth = np.zeros(len(weights))
        truth[_only(ranked)] = 1
        return mean_score(float(((weights / weights.sum() - truth) ** 2).sum()))


class _PairCounts(Metric):
    """Statistics: how often each right place met each chosen place, as a square matrix."""

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        rankings = [ranking(response) for response in responses]
        size = self._size(rankings)
        return [self._judge(ranked, size) for ranked in rankings]

    def aggregate(self, sums: np.ndarray) -> np.ndarray:
        sums = np.asarray(sums, dtype=float)
        size = int(np.sqrt(sums.shape[-1]))
        cells = sums.reshape(*sums.shape[:-1], size, size)
        return np.where(cells.sum((-1, -2)) > 0, self.figure(cells), np.nan)

    @abstractmethod
    def figure(self, cells: np.ndarray) -> np.ndarray:
        """The figure from counts of shape ``(..., right, chosen)``."""

    def _size(self, rankings: Sequence[Ranking]) -> int:
        return max((len(ranked.choices) for ranked in rankings), default=2)

    def _judge(self, ranked: Ranking, size: int) -> Score:
        gold, chosen = _only(ranked), int(np.argmax(ranked.totals))
        cells = np.zeros((size, size))
        cells[gold, chosen] = 1
        value = float(gold == chosen)
        return Score(Outcome.SCORED, value, tuple(cells.ravel().tolist()), ranked.choices[chosen])


class SecondChoiceF1(_PairCounts):
    """``f1``: scikit-learn's binary F1 with the second choice as the positive class."""

    @property
    def signature(self) -> str:
        return "average:binary|positive:second_choice|zero_division:0"

    def figure(self, cells: np.ndarray) -> np.ndarray:
        named = cells[..., 1, :].sum(-1) + cells[..., :, 1].sum(-1)
        return np.divide(2 * cells[..., 1, 1], named, out=np.zeros(named.shape), where=named > 0)

    def _size(self, rankings: Sequence[Ranking]) -> int:
        if any(len(ranked.choices) != 2 for ranked in rankings):
            raise InputError("f1 of lm-evaluation-harness is defined for exactly two choices", mend="use acc")
        return 2


class ChoiceMatthews(_PairCounts):
    """``mcc``: Matthews correlation of right and chosen places (Gorodkin 2004), as scikit-learn computes it."""

    @property
    def signature(self) -> str:
        return "matthews:places"

    def figure(self, cells: np.ndarray) -> np.ndarray:
        gold, chosen = cells.sum(-1), cells.sum(-2)
        total, hits = gold.sum(-1), np.trace(cells, axis1=-2, axis2=-1)
        spread = (total**2 - (chosen**2).sum(-1)) * (total**2 - (gold**2).sum(-1))
        covariance = hits * total - (gold * chosen).sum(-1)
        return np.divide(covariance, np.sqrt(spread), out=np.zeros(total.shape), where=spread > 0)


def _only(ranked: Ranking) -> int:
    if len(ranked.gold) != 1:
        raise InputError(
            f"a row has {len(ranked.gold)} right choices, this metric needs exactly one",
            mend="use acc, or mend the row",
        )
    return ranked.gold[0]
