"""Differences of means between members (rows or canaries that were trained on) and others of the same kind."""

import math
from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from harness.metrics.base import Metric, register
from harness.metrics.common import not_judged, references
from harness.records import InputError, Outcome, Response, Score


def is_member(response: Response, metric: str) -> bool:
    """Whether the sample's row was trained on.

    Raises:
        InputError: the document does not say.
    """
    value = response.sample.document.get("member")
    if not isinstance(value, bool):
        raise InputError(
            f"sample {response.sample.key} has member: {value!r}, and {metric} needs true or false",
            where=response.sample.task,
            mend="only the leakage probe of a suite has this metric",
        )
    return value


class _GroupGap(Metric):
    """Mean over members less mean over others. Statistics: ``(value, 1)`` in the place of the sample's group."""

    greater_is_better = False

    def __init__(self, *, labels: Sequence[str] = ()) -> None:
        pass

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        return [self._judge(response) for response in responses]

    def aggregate(self, sums: np.ndarray) -> np.ndarray:
        sums = np.asarray(sums, dtype=float)
        with np.errstate(invalid="ignore", divide="ignore"):
            return sums[..., 0] / sums[..., 1] - sums[..., 2] / sums[..., 3]

    def breakdown(self, sums: np.ndarray) -> dict[str, float]:
        with np.errstate(invalid="ignore", divide="ignore"):
            return {"members": float(sums[0] / sums[1]), "others": float(sums[2] / sums[3])}

    def _judge(self, response: Response) -> Score:
        value = self._value(response)
        if value is None:
            return not_judged(Outcome.UNSCORABLE, 4)
        statistics = (value, 1.0, 0.0, 0.0) if is_member(response, self.name) else (0.0, 0.0, value, 1.0)
        return Score(Outcome.SCORED, value, statistics)

    @abstractmethod
    def _value(self, response: Response) -> float | None:
        """The sample's own value; None where it has none."""


@register("verbatim_gap")
class VerbatimGap(_GroupGap):
    """How much more of a training row's text the model continues word for word than of a row it never saw.

    A sample's value is the share of the expected words that the greedy continuation repeats from its start. The level
    says nothing (labels and set phrases are guessed too); the difference between trained and held-out rows does.
    """

    @property
    def signature(self) -> str:
        return f"{self.name}|words:same_from_start|members-others"

    def _value(self, response: Response) -> float | None:
        expected = references(response, self.name)[0].split()
        said = (response.text or "").split()
        if not expected:
            return None
        same = next((i for i, (a, b) in enumerate(zip(said, expected, strict=False)) if a != b), None)
        return (min(len(said), len(expected)) if same is None else same) / len(expected)


@register("canary_exposure")
class CanaryExposure(_GroupGap):
    """Exposure of planted canaries less that of canaries which were not planted, in bits.

    A canary's exposure is log2 of the candidates it competes with, less log2 of its rank among them by likelihood
    (Carlini et al. 2019, "The Secret Sharer"; here the candidates are a random draw from the space). About 1.4 bits are
    chance.
    """

    @property
    def signature(self) -> str:
        return f"{self.name}|log2:candidates/rank|ties:mean_rank|planted-not_planted"

    def _value(self, response: Response) -> float | None:
        totals = [one.total for one in response.answer.likelihoods]
        if len(totals) < 2:
            return None
        own, others = totals[0], totals[1:]
        rank = 1 + sum(one > own for one in others) + sum(one == own for one in others) / 2
        return math.log2(len(totals)) - math.log2(rank)
