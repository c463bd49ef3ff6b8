"""What several generations of one sample show together: pass@k."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.metrics.base import DerivedMetric, build_metric, register
from harness.metrics.common import not_judged
from harness.records import InputError, Outcome, Response, Score
from harness.stats.pass_at_k import pass_at_k


@register("pass_at_k")
class PassAtK(DerivedMetric):
    """The chance that at least one of k generations of a sample is right, averaged over samples.

    Each of a sample's n judged generations counts as right or wrong under another metric; the sample's value is
    the unbiased estimate 1 - C(n-c, k) / C(n, k) from its c right ones (Chen et al. 2021, "Evaluating large language
    models trained on code"). A sample with fewer than k judged generations is unscorable.

    Statistics: ``(estimate / n, 1 / n)`` for each generation, so that the sum over a sample is ``(estimate, 1)``. The
    figure is called ``pass@1``, ``pass@10``, ... so that a task can ask for several.

    Args:
        k: Tries allowed; the task needs ``generation.repeats`` of at least this many.
        of: The metric that says right or wrong: a rate, by name or with options.
    """

    def __init__(
        self, *, labels: Sequence[str] = (), k: int = 1, of: str | Mapping[str, Any] = "functional_correctness"
    ) -> None:
        if isinstance(k, bool) or not isinstance(k, int) or k < 1:
            raise InputError(f"pass_at_k: k is {k!r}", mend="give a whole number of at least 1")
        self.source = build_metric(of, labels)
        if not self.source.is_rate:
            raise InputError(
                f"pass_at_k: {self.source.name} does not say right or wrong", mend="name a rate, such as exact_match"
            )
        self.k = self.repeats_needed = k
        self.name = f"pass@{k}"

    @property
    def signature(self) -> str:
        return f"pass_at_k|k:{self.k}|of:[{self.source.signature}]|estimator:unbiased"

    def derive(self, responses: Sequence[Response], scores: Sequence[Score]) -> list[Score]:
        samples: dict[str, list[int]] = defaultdict(list)
        for place, (response, score) in enumerate(zip(responses, scores, strict=True)):
            if score.value is not None:
                samples[response.sample.key].append(place)
        own = [not_judged(score.outcome, 2) for score in scores]
        for places in samples.values():
            own_of_sample = self._of_sample([scores[place] for place in places])
            for place, score in zip(places, own_of_sample, strict=True):
                own[place] = score
        return own

    def _of_sample(self, scores: Sequence[Score]) -> list[Score]:
        n = len(scores)
        if n < self.k:
            return [not_judged(Outcome.UNSCORABLE, 2)] * n
        right = 1.0 if self.source.greater_is_better else 0.0
        value = pass_at_k(n, sum(score.value == right for score in scores), self.k)
        return [Score(Outcome.SCORED, value, (value / n, 1 / n), score.extracted, score.findings) for score in scores]

    def aggregate(self, sums: np.ndarray) -> np.ndarray:
        sums = np.asarray(sums, dtype=float)
        with np.errstate(invalid="ignore", divide="ignore"):
            return sums[..., 0] / sums[..., 1]
