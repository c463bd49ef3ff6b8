"""Figures that another tool measured, sample by sample. They are aggregated and compared here, never measured again."""

from collections.abc import Sequence

from harness.metrics.base import MeanMetric, register
from harness.records import InputError, Response, Score


@register("imported")
class Imported(MeanMetric):
    """A mean of per-sample values that came with an imported run.

    Args:
        figure: What it is called.
        source: The tool and version that measured it.
        rate: Whether its values are all 0 or 1.
        greater_is_better: Its direction.
    """

    is_external = True

    def __init__(
        self,
        *,
        figure: str,
        source: str,
        rate: bool = False,
        greater_is_better: bool = True,
        labels: Sequence[str] = (),
    ) -> None:
        self.name = figure
        self.is_rate = rate
        self.greater_is_better = greater_is_better
        self._source = source

    @property
    def signature(self) -> str:
        return f"{self.name}|imported:{self._source}"

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        raise InputError(
            f"{self.name} was measured by {self._source} and cannot be measured again here", mend="import the run again"
        )
