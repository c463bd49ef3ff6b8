"""Share of a task's samples that stand in a model's training data: a check on the data, not on answers."""

from collections.abc import Sequence

from harness.metrics.base import Check, register
from harness.records import InputError, Response, Score


@register("contaminated")
class Contaminated(Check):
    """Samples that a model was trained on. Its scores come from the training data when a suite is evaluated."""

    is_external = True

    @property
    def signature(self) -> str:
        return f"{self.name}|exact turn, 13 words in a row, or half of all three-word sequences"

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        raise InputError("contamination is not read from answers", mend="name the training data: contamination:")
