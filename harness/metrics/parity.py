"""Serving parity: does what is served say what transformers + PEFT says? One sample is one prompt.

The reference's text is the sample's target; log-probabilities of that text stand in the sample's document, under
``reference_logprobs`` and ``served_logprobs`` (nats, one a token).
"""

from collections.abc import Callable, Sequence

import numpy as np

from harness.metrics.base import MeanMetric, Metric, register
from harness.records import InputError, Outcome, Response, Score


@register("text_mismatch")
class TextMismatch(MeanMetric):
    """Share of prompts whose greedy text differs from the reference's; ``extracted`` says where the texts part."""

    greater_is_better = False
    is_rate = True

    def __init__(self, labels: Sequence[str] = ()) -> None:
        pass

    @property
    def signature(self) -> str:
        return "text_mismatch|greedy|against:target"

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        return [self._one(response.text or "", response.sample.target) for response in responses]

    @staticmethod
    def _one(text: str, target: str) -> Score:
        if text == target:
            return Score(Outcome.SCORED, 0.0, (0.0, 1.0), "equal")
        words = zip(text.split(), target.split(), strict=False)
        place = next((i for i, (a, b) in enumerate(words) if a != b), min(len(text.split()), len(target.split())))
        return Score(Outcome.SCORED, 1.0, (1.0, 1.0), f"parts at word {place + 1}")


@register("logprob_gap")
class LogprobGap(Metric):
    """Mean of |Δ log p| over tokens, in nats; a sample's value is its prompt's mean."""

    greater_is_better = False

    def __init__(self, labels: Sequence[str] = ()) -> None:
        pass

    @property
    def signature(self) -> str:
        return "logprob_gap|mean over tokens|nats"

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        return [
            _gap_score(gaps(response), lambda found: (float(found.sum()), float(len(found)))) for response in responses
        ]

    def aggregate(self, sums: np.ndarray) -> np.ndarray:
        sums = np.asarray(sums, dtype=float)
        with np.errstate(invalid="ignore", divide="ignore"):
            return sums[..., 0] / sums[..., 1]


@register("large_logprob_gap")
class LargeLogprobGap(MeanMetric):
    """Share of prompts with a token whose |Δ log p| is above ``threshold`` (nats): a bound on the largest gap."""

    greater_is_better = False
    is_rate = True

    def __init__(self, labels: Sequence[str] = (), threshold: float = 0.1) -> None:
        self.threshold = threshold

    @property
    def signature(self) -> str:
        return f"large_logprob_gap|any token above:{self.threshold:g}|nats"

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        return [_gap_score(gaps(response), self._statistics) for response in responses]

    def _statistics(self, found: np.ndarray) -> tuple[float, float]:
        return float(found.max() > self.threshold), 1.0


def gaps(response: Response) -> np.ndarray:
    """|Δ log p| of each token of the reference's text, shape ``(tokens,)``.

    Raises:
        InputError: the sample does not come from a parity probe.
    """
    document = response.sample.document
    try:
        pair = [np.asarray(document[name], dtype=float) for name in ("reference_logprobs", "served_logprobs")]
    except KeyError as error:
        raise InputError(f"the sample has no {error}", mend="parity metrics judge the serving parity probe") from None
    return np.abs(pair[0] - pair[1])


def _gap_score(found: np.ndarray, statistics: Callable[[np.ndarray], tuple[float, float]]) -> Score:
    if not len(found):
        return Score(Outcome.UNSCORABLE, None, (0.0, 0.0))
    total, count = statistics(found)
    return Score(Outcome.SCORED, total / count, (total, count), f"largest gap {found.max():.2g}")
