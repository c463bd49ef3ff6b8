"""How often a detector is right: counts against labels, the usual figures with intervals, and their JSON."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.metrics.safety.audit.detectors import Detector, Judgement, LabelledSet
from harness.stats import wilson_interval

Interval = tuple[float, float]


@dataclass(frozen=True)
class Accuracy:
    """Counts of flags against labels. What could not be judged counts as not flagged, and is counted beside.

    Attributes:
        table: For each label, how many items were flagged, not flagged and not judged.
        positive: The labels that should be flagged.
    """

    table: dict[str, tuple[int, int, int]]
    positive: frozenset[str]

    @classmethod
    def of(cls, judgements: Sequence[Judgement]) -> "Accuracy":
        """The counts of some judgements."""
        counts = Counter((one.label, one.flag) for one in judgements)
        labels = dict.fromkeys(one.label for one in judgements)
        table = {label: (counts[label, True], counts[label, False], counts[label, None]) for label in sorted(labels)}
        return cls(table, frozenset(one.label for one in judgements if one.positive))

    def _sum(self, positive: bool, *columns: int) -> int:
        rows = [row for label, row in self.table.items() if (label in self.positive) is positive]
        return sum(row[column] for row in rows for column in columns)

    @property
    def true_positive(self) -> int:
        return self._sum(True, 0)

    @property
    def false_positive(self) -> int:
        return self._sum(False, 0)

    @property
    def false_negative(self) -> int:
        return self._sum(True, 1, 2)

    @property
    def true_negative(self) -> int:
        return self._sum(False, 1, 2)

    @property
    def unscorable(self) -> int:
        return self._sum(True, 2) + self._sum(False, 2)

    @property
    def n(self) -> int:
        return sum(map(sum, self.table.values()))

    @property
    def positives(self) -> int:
        return self.true_positive + self.false_negative

    @property
    def negatives(self) -> int:
        return self.n - self.positives

    def figures(self) -> dict[str, float | None]:
        """Each figure by name; None where the labels at hand do not define it."""
        recall, false_alarm = self._share("recall"), self._share("false_alarm_rate")
        defined = recall is not None and false_alarm is not None
        mixed = bool(self.positives and self.negatives)
        return {
            "precision": self._share("precision") if mixed else None,
            "recall": recall,
            "specificity": None if false_alarm is None else 1 - false_alarm,
            "false_alarm_rate": false_alarm,
            "balanced_accuracy": (recall + 1 - false_alarm) / 2 if defined else None,  # type: ignore[operator]
            "f1": self._f1() if mixed else None,
        }

    def intervals(self, level: float = 0.95) -> dict[str, Interval | None]:
        """The interval of each figure.

        Wilson's for proportions; for the mean of two independent ones the square-and-add of Zou and Donner (2008)
        on Wilson's limits. F1 is 2J / (1 + J) for J the share of hits among what is flagged or should be; its limits
        are those of J.
        """
        figures = self.figures()
        recall, false_alarm = (self._interval(name, level) for name in ("recall", "false_alarm_rate"))
        balanced = None
        if figures["balanced_accuracy"] is not None and recall and false_alarm:
            specificity = (1 - false_alarm[1], 1 - false_alarm[0])
            pairs = ((figures["recall"], recall), (figures["specificity"], specificity))
            low, high = (
                math.hypot(*(limits[side] - value for value, limits in pairs if value is not None)) / 2
                for side in (0, 1)
            )
            balanced = (figures["balanced_accuracy"] - low, figures["balanced_accuracy"] + high)
        union = self.positives + self.false_positive
        jaccard = wilson_interval(self.true_positive, union, level) if union and figures["f1"] is not None else None
        return {
            "precision": self._interval("precision", level) if figures["precision"] is not None else None,
            "recall": recall,
            "specificity": false_alarm and (1 - false_alarm[1], 1 - false_alarm[0]),
            "false_alarm_rate": false_alarm,
            "balanced_accuracy": balanced,
            "f1": jaccard and (2 * jaccard[0] / (1 + jaccard[0]), 2 * jaccard[1] / (1 + jaccard[1])),
        }

    def to_json(self) -> dict[str, Any]:
        """Figures, intervals and counts as ``harness safety audit --json`` prints them."""
        columns = ("flagged", "not_flagged", "unscorable")
        return {
            "n": self.n,
            **_rounded(self.figures()),
            "intervals": {name: _rounded(limits) for name, limits in self.intervals().items()},
            "unscorable": self.unscorable,
            "confusion": {
                "true_positive": self.true_positive,
                "false_positive": self.false_positive,
                "false_negative": self.false_negative,
                "true_negative": self.true_negative,
                "labels": {label: dict(zip(columns, row, strict=True)) for label, row in self.table.items()},
            },
        }

    def _counts(self, name: str) -> tuple[int, int]:
        if name == "precision":
            return self.true_positive, self.true_positive + self.false_positive
        if name == "recall":
            return self.true_positive, self.positives
        return self.false_positive, self.negatives

    def _share(self, name: str) -> float | None:
        part, whole = self._counts(name)
        return part / whole if whole else None

    def _interval(self, name: str, level: float) -> Interval | None:
        part, whole = self._counts(name)
        return wilson_interval(part, whole, level) if whole else None

    def _f1(self) -> float:
        return 2 * self.true_positive / (self.positives + self.true_positive + self.false_positive)


def _rounded(value: Any) -> Any:
    """Figures to ten decimals: what follows is rounding of the machine, and files should not differ by it."""
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, tuple):
        return [_rounded(one) for one in value]
    return round(value, 10) if isinstance(value, float) else value


@dataclass(frozen=True)
class Audit:
    """A detector on one labelled set, beside the keyword baseline and its peers."""

    detector: Detector
    data: LabelledSet
    own: Accuracy
    others: dict[str, Accuracy]

    def to_json(self) -> dict[str, Any]:
        return {
            "detector": self.detector.name,
            "data": self.data.name,
            "fingerprint": self.data.fingerprint,
            **self.own.to_json(),
            **{name: one.to_json() for name, one in self.others.items()},
        }


def audit(detector: Detector, data: LabelledSet) -> Audit:
    """Run a detector, its baseline and its peers on a labelled set."""

    def measure(flagger: Any) -> Accuracy:
        return Accuracy.of(detector.judge(data.examples, flagger))

    others = {"baseline": detector.baseline, **detector.peers}
    return Audit(detector, data, measure(detector.flag), {name: measure(one) for name, one in others.items()})
