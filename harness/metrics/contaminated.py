"""Share of a task's samples that stand in a model's training data: a check on the data, not on answers."""

from collections.abc import Sequence

from harness.metrics.base import MeanMetric, register
from harness.records import InputError, Response, Score


@register("contaminated")
class Contaminated(MeanMetric):
    """Samples that a model was trained on. Its scores come from the training data when a suite is evaluated."""

    greater_is_better = False
    is_rate = True
    is_check = True
    is_external = True

    def __init__(self, *, labels: Sequence[str] = ()) -> None:
        pass

    @property
    def signature(self) -> str:
        return f"{self.name}|exact turn, 13 words in a row, or half of all three-word sequences"

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        raise InputError("contamination is not read from answers", mend="name the training data: contamination:")
