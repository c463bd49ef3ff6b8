"""How far a model's next-token distribution is from its base's."""

from collections.abc import Sequence

from harness.metrics.base import MeanMetric, register
from harness.metrics.common import not_judged
from harness.records import Outcome, Response, Score
from harness.records.forgetting import KL_METRIC


@register(KL_METRIC)
class KlToBase(MeanMetric):
    """KL(base‖model) in nats, mean over all tokens of all texts; a sample's value is its text's mean.

    Statistics: ``(sum over tokens, tokens)``. What is measured is the whole vocabulary's distribution, so that a change
    shows that no greedy answer has turned by yet.
    """

    greater_is_better = False

    def __init__(self, *, labels: Sequence[str] = ()) -> None:
        pass

    @property
    def signature(self) -> str:
        return f"{self.name}|KL(base‖model)|nats|mean over tokens|float32|whole vocabulary"

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        return [self._judge(response.answer.divergence) for response in responses]

    def _judge(self, found: tuple[float, ...]) -> Score:
        if not found or not all(value < float("inf") for value in found):
            return not_judged(Outcome.UNSCORABLE, 2)
        return Score(Outcome.SCORED, sum(found) / len(found), (sum(found), float(len(found))))
