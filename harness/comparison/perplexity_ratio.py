"""How much less likely general text has become: perplexity of a candidate over that of a reference, text by text."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.comparison.frames import ScoreTable, pair
from harness.metrics.base import Metric
from harness.metrics.likelihood.perplexity import SurprisalMetric
from harness.records import Figure
from harness.stats import bootstrap_figure


@dataclass(frozen=True)
class Texts:
    """Texts that both models read.

    Attributes:
        rows: Shape ``(n, 4)``: surprisal in nats and its units by the candidate, then by the reference.
        clusters: Shape ``(n,)``.
        unit: What perplexity is per: tokens, words, bytes.
        unpaired: Texts that one of the two has no likelihood of.
    """

    rows: np.ndarray
    clusters: np.ndarray
    unit: str
    unpaired: int

    def figure(self, candidate: str, task: str, seed: int) -> Figure | None:
        """``exp`` of the mean difference in surprisal a unit; 1 is no change. None where it is no number."""
        estimate = bootstrap_figure(self.rows, _ratio, clusters=self.clusters, seed=seed)
        if estimate is None:
            return None
        return Figure(
            model=candidate,
            task=task,
            metric="perplexity_ratio",
            value=estimate.value,
            interval=estimate.interval(),
            samples=len(self.rows),
            unscorable=self.unpaired,
            errors=0,
            greater_is_better=False,
            signature=f"perplexity_ratio|exp of mean difference a unit|unit:{self.unit}|paired by text",
            estimate=estimate.to_json(),
        )


def text_metric(metrics: Sequence[Metric]) -> SurprisalMetric | None:
    """The metric whose statistics tell a text's likelihood: per token if there is one, else the first of its kind."""
    found = [metric for metric in metrics if isinstance(metric, SurprisalMetric)]
    return next((metric for metric in found if metric.unit == "tokens"), found[0] if found else None)


def texts(task: str, metric: SurprisalMetric, tables: tuple[ScoreTable, ScoreTable]) -> Texts:
    """The texts of a task; ``tables`` are the candidate's scores and the reference's."""
    ours, theirs, unpaired = pair(*tables, where=f"{task}, {metric.name}")
    clusters = ours.keys if ours.clusters is None else ours.clusters
    named = np.array([f"{task}|{one}" for one in clusters], dtype=object)
    return Texts(np.hstack([ours.statistics, theirs.statistics]), named, metric.unit, unpaired)


def together(several: Sequence[Texts]) -> Texts:
    """All texts whose likelihood is counted in the first one's unit, as one."""
    alike = [one for one in several if one.unit == several[0].unit]
    return Texts(
        np.vstack([one.rows for one in alike]),
        np.concatenate([one.clusters for one in alike]),
        alike[0].unit,
        sum(one.unpaired for one in alike),
    )


def _ratio(sums: np.ndarray) -> np.ndarray:
    sums = np.asarray(sums, dtype=float)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        return np.asarray(np.exp(sums[..., 0] / sums[..., 1] - sums[..., 2] / sums[..., 3]))
