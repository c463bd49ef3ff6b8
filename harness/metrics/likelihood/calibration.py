"""How well the probabilities of ranked choices tell how often they are right: Brier score and calibration error."""

from collections.abc import Sequence

import numpy as np

from harness.metrics.base import MeanMetric, Metric, register
from harness.metrics.classification.accuracy import is_target, ranked_choice
from harness.metrics.common import mean_score
from harness.records import InputError, Outcome, Response, Score


def choice_probabilities(response: Response, metric: str) -> tuple[np.ndarray, np.ndarray]:
    """Softmax of the choices' log-likelihoods, and which of the choices is the target; each of shape ``(choices,)``."""
    ranked_choice(response, lambda choice: 1)
    totals = np.array([one.total for one in response.answer.likelihoods])
    weights = np.exp(totals - totals.max())
    target = np.array([is_target(choice, response, metric) for choice in response.sample.choices])
    return weights / weights.sum(), target


@register("brier")
class BrierScore(MeanMetric):
    """Squared distance of the choices' probabilities from the truth, summed over choices: 0 best, 2 worst."""

    greater_is_better = False

    def __init__(self, *, labels: Sequence[str] = ()) -> None:
        pass

    @property
    def signature(self) -> str:
        return f"{self.name}|probabilities:softmax_sum_loglikelihood|classes:summed"

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        pairs = [choice_probabilities(response, self.name) for response in responses]
        return [mean_score(float(((probability - target) ** 2).sum())) for probability, target in pairs]


@register("ece")
class ExpectedCalibrationError(Metric):
    """Expected calibration error (Naeini et al. 2015; Guo et al. 2017) over equal-width bins of the top probability.

    Statistics: per bin ``(samples, summed confidence, summed right)``. A sample's own value is the distance of its
    confidence from being right; the figure is not its mean.
    """

    greater_is_better = False

    def __init__(self, *, labels: Sequence[str] = (), bins: int = 10) -> None:
        if bins < 1:
            raise InputError(f"ece: bins is {bins}", mend="use at least 1")
        self.bins = bins

    @property
    def signature(self) -> str:
        return f"{self.name}|bins:{self.bins}|width:equal|probabilities:softmax_sum_loglikelihood"

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        return [self._judge(response) for response in responses]

    def aggregate(self, sums: np.ndarray) -> np.ndarray:
        sums = np.asarray(sums, dtype=float)
        cells = sums.reshape(*sums.shape[:-1], self.bins, 3)
        total = cells[..., 0].sum(-1)
        gaps = np.abs(cells[..., 2] - cells[..., 1]).sum(-1)
        return np.divide(gaps, total, out=np.full(total.shape, np.nan), where=total > 0)

    def _judge(self, response: Response) -> Score:
        probabilities, target = choice_probabilities(response, self.name)
        top = int(np.argmax(probabilities))
        confidence, right = float(probabilities[top]), float(target[top])
        statistics = np.zeros((self.bins, 3))
        statistics[min(int(confidence * self.bins), self.bins - 1)] = (1, confidence, right)
        return Score(Outcome.SCORED, abs(right - confidence), tuple(statistics.ravel().tolist()))
