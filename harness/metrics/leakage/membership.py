"""Membership inference: how well the likelihood ratio of the model to its base tells trained rows from others."""

from collections.abc import Sequence

import numpy as np

from harness.metrics.base import Metric, register
from harness.metrics.leakage.groups import is_member
from harness.records import InputError, Outcome, Response, Score

#: Classes that ratios are ranked into. With no more samples than this, the curve is exact.
CLASSES = 512


class _Curve(Metric):
    """A figure of the ROC curve of "the model finds this row likelier than its base does, so it was trained on it".

    Ratios are logarithmic and per token (Yeom et al. 2018; calibrated by a reference model as in Carlini et al. 2022).
    Statistics: the sample's class among the ratios in descending order, members first and others after them, each
    ``CLASSES`` wide; so sums are the two histograms that the curve is made of, and it can be resampled.
    """

    greater_is_better = False

    def __init__(self, *, labels: Sequence[str] = ()) -> None:
        pass

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        ratios = np.array([self._ratio(response) for response in responses])
        scores = []
        for response, ratio, place in zip(responses, ratios.tolist(), _classes(ratios).tolist(), strict=True):
            statistics = [0.0] * (2 * CLASSES)
            statistics[place if is_member(response, self.name) else CLASSES + place] = 1.0
            scores.append(Score(Outcome.SCORED, ratio, tuple(statistics)))
        return scores

    def _ratio(self, response: Response) -> float:
        base = response.sample.document.get("base_logprob")
        if not isinstance(base, float | int) or not response.answer.likelihoods:
            raise InputError(
                f"sample {response.sample.key} has no base_logprob, which {self.name} needs",
                where=response.sample.task,
                mend="only the leakage probe of a suite has this metric",
            )
        own = response.answer.likelihoods[0]
        return (own.total - float(base)) / max(1, own.tokens)


def _classes(ratios: np.ndarray) -> np.ndarray:
    """The class of each ratio, the largest ratios first; equal ratios share one."""
    distinct, place = np.unique(-ratios, return_inverse=True)
    return place * CLASSES // max(CLASSES, len(distinct))


def _shares(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of members and others, the share in each class; shapes ``(..., CLASSES)``."""
    sums = np.asarray(sums, dtype=float)
    members, others = sums[..., :CLASSES], sums[..., CLASSES:]
    with np.errstate(invalid="ignore", divide="ignore"):
        return members / members.sum(-1, keepdims=True), others / others.sum(-1, keepdims=True)


@register("membership_auc")
class MembershipAuc(_Curve):
    """Area under the curve: the chance that a trained row has the larger ratio than a held-out one; 0.5 gives nothing
    away."""

    @property
    def signature(self) -> str:
        return f"{self.name}|score:loglikelihood_ratio_per_token|classes:{CLASSES}"

    def aggregate(self, sums: np.ndarray) -> np.ndarray:
        members, others = _shares(sums)
        below = 1.0 - np.cumsum(others, axis=-1)
        return np.asarray(np.sum(members * (below + others / 2), axis=-1))


@register("membership_tpr")
class MembershipTpr(_Curve):
    """Share of trained rows found while at most ``fpr`` of the others are taken for trained; ``fpr`` itself is chance.

    What matters to whoever is found: an average can be harmless while a few rows are given away for certain.
    """

    def __init__(self, *, labels: Sequence[str] = (), fpr: float = 0.01) -> None:
        if not 0 < fpr < 1:
            raise InputError(f"membership_tpr: fpr is {fpr!r}", mend="give a share between 0 and 1")
        self.fpr = fpr

    @property
    def signature(self) -> str:
        return f"{self.name}|fpr:{self.fpr:g}|score:loglikelihood_ratio_per_token|classes:{CLASSES}"

    def aggregate(self, sums: np.ndarray) -> np.ndarray:
        members, others = _shares(sums)
        found, false = np.cumsum(members, axis=-1), np.cumsum(others, axis=-1)
        first = np.argmax(false > self.fpr, axis=-1)[..., None]
        member, other, reached, wrong = (
            np.take_along_axis(shares, first, axis=-1)[..., 0] for shares in (members, others, found, false)
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            part = (self.fpr - (wrong - other)) / other
        return np.asarray(reached - member + part * member)
