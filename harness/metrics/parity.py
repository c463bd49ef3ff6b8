"""Does a second answer to the same prompt say the same? One sample is one prompt.

For serving parity the first answer is that of transformers + PEFT: its text is the sample's target; log-probabilities
of that text stand in the sample's document, under ``reference_logprobs`` and ``served_logprobs`` (nats, one a token).
For the noise floor the first answer is the run's own, and ``scores`` in the document holds what both are worth.
"""

from collections.abc import Callable, Sequence
from typing import Any

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


@register("score_mismatch")
class ScoreMismatch(MeanMetric):
    """Share of samples whose score changes from one answer to the other: by more than ``TOLERANCE``, or to or from
    not being judged at all. ``extracted`` says how."""

    greater_is_better = False
    is_rate = True
    #: Rounding moves probabilities in the sixth place; it does not turn an answer.
    TOLERANCE = 1e-3

    def __init__(self, labels: Sequence[str] = ()) -> None:
        pass

    @property
    def signature(self) -> str:
        return f"score_mismatch|task's first metric|by more than:{self.TOLERANCE:g}"

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        return [self._one(*_of_document(response, "scores")) for response in responses]

    def _one(self, first: float | None, second: float | None) -> Score:
        if first is None or second is None:
            moved = float(first is not second)
        else:
            moved = float(abs(first - second) > self.TOLERANCE)
        return Score(Outcome.SCORED, moved, (moved, 1.0), f"{_worth(first)}, then {_worth(second)}")


def _worth(value: float | None) -> str:
    return "not judged" if value is None else f"{value:.4g}"


def gaps(response: Response) -> np.ndarray:
    """|Δ log p| of each token of the reference's text, shape ``(tokens,)``.

    Raises:
        InputError: the sample does not come from a parity probe.
    """
    pair = [np.asarray(_of_document(response, f"{side}_logprobs"), dtype=float) for side in ("reference", "served")]
    return np.abs(pair[0] - pair[1])


def _of_document(response: Response, name: str) -> Any:
    try:
        return response.sample.document[name]
    except KeyError:
        raise InputError(f"the sample has no {name!r}", mend="only the probes of a suite have this metric") from None


def _gap_score(found: np.ndarray, statistics: Callable[[np.ndarray], tuple[float, float]]) -> Score:
    if not len(found):
        return Score(Outcome.UNSCORABLE, None, (0.0, 0.0))
    total, count = statistics(found)
    return Score(Outcome.SCORED, total / count, (total, count), f"largest gap {found.max():.2g}")
