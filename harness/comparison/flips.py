"""What one model has right and another has not, sample by sample, as shares with intervals."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from harness.comparison.figures import LISTED, rate_values
from harness.comparison.frames import ScoreTable, pair
from harness.metrics.base import Metric
from harness.records import Figure
from harness.stats import Estimate, Rate, bootstrap_figure


@dataclass(frozen=True)
class Flips:
    """Samples under a metric whose values are 0 or 1, before and after tuning.

    Attributes:
        candidate: What the figures are of.
        before, after: Shape ``(n,)``, bool: right by the reference and by the candidate.
        keys: Shape ``(n,)``.
        clusters: Shape ``(n,)``, what samples must not be counted apart for, or None.
        unpaired: Samples that one of the two was not judged on.
    """

    candidate: str
    task: str
    metric: str
    before: np.ndarray
    after: np.ndarray
    keys: np.ndarray
    clusters: np.ndarray | None
    unpaired: int
    seed: int = 0

    @cached_property
    def forgot(self) -> np.ndarray:
        return self.before & ~self.after

    @cached_property
    def learned(self) -> np.ndarray:
        return ~self.before & self.after

    def figures(self) -> list[Figure]:
        """The shares that exist: flips of all samples, and those forgotten of the ones that the reference had right.

        Source: negative and positive flip rates as in Yan et al. (2021), "Positive-Congruent Training", CVPR; a sample
        that was right and is wrong is a forgetting event in Toneva et al. (2019), ICLR.
        """
        everything = np.ones(len(self.keys), dtype=bool)
        made = [
            self._share("negative_flips", self.forgot, everything, worse=True),
            self._share("positive_flips", self.learned, everything, worse=False),
            self._share("conditional_forgetting", self.forgot, self.before, worse=True),
        ]
        return [one for one in made if one is not None]

    def _share(self, measure: str, of: np.ndarray, among: np.ndarray, *, worse: bool) -> Figure | None:
        """The share of samples ``of`` which something is true, among some; None where there are none."""
        estimate = self._estimate(of, among)
        if estimate is None:
            return None
        grouped = "" if self.clusters is None else f" over {len(np.unique(self.clusters))} clusters"
        interval = estimate.interval()
        lost = list(dict.fromkeys(map(str, self.keys[of])))[:LISTED] if worse else []
        return Figure(
            model=self.candidate,
            task=self.task,
            metric=measure,
            value=estimate.value,
            interval=interval.model_copy(update={"method": interval.method + grouped}),
            samples=int(among.sum()),
            unscorable=self.unpaired,
            errors=0,
            greater_is_better=not worse,
            signature=f"{measure}|{self.metric}|paired by sample",
            breakdown=self.counts,
            failed=lost,
            estimate=estimate.to_json(),
        )

    @property
    def counts(self) -> dict[str, float]:
        """Samples by what became of them."""
        counted = {"right_before": self.before, "forgot": self.forgot, "learned": self.learned}
        return {**{name: float(rows.sum()) for name, rows in counted.items()}, "pairs": float(len(self.keys))}

    def _estimate(self, of: np.ndarray, among: np.ndarray) -> Estimate | None:
        if not among.any():
            return None
        if self.clusters is None:
            return Rate(int(of.sum()), int(among.sum()))
        rows = np.column_stack([of, among]).astype(float)
        return bootstrap_figure(rows, _ratio, clusters=self.clusters, seed=self.seed)


def flips(
    task: str, metric: Metric, names: tuple[str, str], tables: tuple[ScoreTable, ScoreTable], seed: int
) -> Flips | None:
    """What became of each sample; None where the metric's values are not 0 or 1, or no sample was judged for both.

    Args:
        names: Candidate and reference.
        tables: Their scores, in that order.
    """
    ours, theirs, unpaired = pair(*tables, where=f"{task}, {metric.name}: {names[0]} and {names[1]}")
    mine, other = rate_values(metric, ours), rate_values(metric, theirs)
    if mine is None or other is None:
        return None
    best = float(metric.greater_is_better)
    return Flips(names[0], task, metric.name, other == best, mine == best, ours.keys, ours.clusters, unpaired, seed)


def _ratio(sums: np.ndarray) -> np.ndarray:
    sums = np.asarray(sums, dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(sums[..., 0] / sums[..., 1])
