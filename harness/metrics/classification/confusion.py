"""What precision, recall, F1, balanced accuracy and Matthews correlation share: one summed confusion matrix."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.metrics.base import Metric
from harness.metrics.classification.accuracy import gold_label
from harness.metrics.common import LabelReader
from harness.records import InputError, Outcome, Response, Score

#: Up to this many labels the statistics are the cells of the confusion matrix; above, its diagonal and margins.
MAX_LABELS_FOR_CELLS = 16


@dataclass(frozen=True, slots=True)
class Margins:
    """What the figures are made of; each of shape ``(..., labels)``, ``predicted`` with one more for unparsed."""

    hits: np.ndarray
    predicted: np.ndarray
    gold: np.ndarray

    @property
    def named(self) -> np.ndarray:
        """Predictions that are a label."""
        return self.predicted[..., :-1]

    @property
    def occurs(self) -> np.ndarray:
        """Labels that occur as gold or as prediction; the others take no part in averages."""
        return (self.gold + self.named) > 0


def divide(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Division where nothing over nothing is 0, as scikit-learn's ``zero_division=0``."""
    return np.divide(
        numerator,
        denominator,
        out=np.zeros(np.broadcast(numerator, denominator).shape),
        where=np.asarray(denominator) != 0,
    )


class ConfusionMetric(Metric):
    """A figure of the confusion matrix of a task with labels.

    Values equal scikit-learn's with ``zero_division=0`` over the labels that occur as gold or as prediction. A text
    that names no label is wrong for its gold label and counts for no other (``unparsed``).

    Raises:
        InputError: the task has no labels.
    """

    def __init__(self, *, labels: Sequence[str] = ()) -> None:
        if len(labels) < 2:
            raise InputError(f"{self.name} needs a task with at least two labels", mend="give the task its labels")
        self.labels = tuple(labels)
        self._reader = LabelReader(self.labels)
        self._index = {label: i for i, label in enumerate(self.labels)}

    @property
    def signature(self) -> str:
        return f"{self.name}|labels:{len(self.labels)}|zero_division:0|unparsed:wrong|match:{self._reader.rule}"

    @abstractmethod
    def figure(self, margins: Margins) -> np.ndarray:
        """The figure, of shape ``(...)``."""

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        return [self._judge(response) for response in responses]

    def aggregate(self, sums: np.ndarray) -> np.ndarray:
        margins = self.margins(np.asarray(sums, dtype=float))
        return np.where(margins.gold.sum(-1) > 0, self.figure(margins), np.nan)

    def breakdown(self, sums: np.ndarray) -> dict[str, float]:
        """Precision, recall, F1 and support per label, the confusion counts that are not 0, and ``unparsed``."""
        sums = np.asarray(sums, dtype=float)
        margins = self.margins(sums)
        parts = {
            "precision": divide(margins.hits, margins.named),
            "recall": divide(margins.hits, margins.gold),
            "f1": divide(2 * margins.hits, margins.gold + margins.named),
            "support": margins.gold,
        }
        found = {f"{part}[{label}]": float(v[i]) for part, v in parts.items() for i, label in enumerate(self.labels)}
        if self._has_cells:
            for i, j in np.argwhere(self._cells(sums) > 0):
                said = self.labels[j] if j < len(self.labels) else "(unparsed)"
                found[f"confusion[{self.labels[i]} -> {said}]"] = float(self._cells(sums)[i, j])
        return found | {"unparsed": float(margins.predicted[-1])}

    def margins(self, sums: np.ndarray) -> Margins:
        """Diagonal, column sums and row sums of the confusion matrix, from summed statistics."""
        k = len(self.labels)
        if self._has_cells:
            cells = self._cells(sums)
            return Margins(np.diagonal(cells, axis1=-2, axis2=-1), cells.sum(-2), cells.sum(-1))
        return Margins(sums[..., :k], sums[..., k : 2 * k + 1], sums[..., 2 * k + 1 :])

    @property
    def _has_cells(self) -> bool:
        return len(self.labels) <= MAX_LABELS_FOR_CELLS

    def _cells(self, sums: np.ndarray) -> np.ndarray:
        k = len(self.labels)
        return sums.reshape(*sums.shape[:-1], k, k + 1)

    def _judge(self, response: Response) -> Score:
        gold = gold_label(response, self._reader, self.name)
        found = self._reader.read(response.text)
        k, i = len(self.labels), self._index[gold]
        j = k if found is None else self._index[found]
        if self._has_cells:
            statistics = np.zeros(k * (k + 1))
            statistics[i * (k + 1) + j] = 1
        else:
            statistics = np.zeros(3 * k + 1)
            statistics[[k + j, 2 * k + 1 + i]] = 1
            statistics[i] = i == j
        return Score(Outcome.SCORED, float(i == j), tuple(statistics.tolist()), found)
