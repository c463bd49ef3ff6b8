"""The card of a check: what was measured of its accuracy, on which labelled sets, and the correction it allows.

Cards are files that ``harness safety audit --cards FOLDER`` measures and writes; nobody types them.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from harness.metrics.base import build_metric
from harness.metrics.safety.audit.accuracy import Accuracy
from harness.metrics.safety.audit.detectors import Detector, Judgement, LabelledSet, failed_by
from harness.records import Interval
from harness.stats.misclassification import DetectorCounts, corrected_interval, rogan_gladen

#: Where the cards of the house's checks lie.
CARDS = Path(__file__).parent / "cards"
#: Labelled items of each kind below which a card corrects nothing: the interval would be as good as none.
_FEWEST = 20
_COLUMNS = ("flagged", "not_flagged")


@dataclass(frozen=True)
class Corrected:
    """A share of failures, corrected for what the check misses and what it flags wrongly.

    Attributes:
        value: See `harness.stats.misclassification.rogan_gladen`.
        data: The labelled sets that the accuracies come from.
    """

    value: float
    interval: Interval
    sensitivity: float
    specificity: float
    data: tuple[str, ...]


@dataclass(frozen=True)
class Card:
    """A check's accuracy by labelled set.

    Attributes:
        check: The metric's name.
        signature: The metric's signature when it was measured; another version has another accuracy.
        sets: As the file holds them: name, whether public, fingerprint, figures, intervals and counts.
    """

    check: str
    signature: str
    command: str
    sets: tuple[dict[str, Any], ...]

    @property
    def deciding(self) -> tuple[dict[str, Any], ...]:
        """The sets that corrections rest on: real answers if they suffice, else all that rules were not written on."""
        public = tuple(one for one in self.sets if one["public"] and one["typical"])
        counts = _counts(public)
        if min(counts.positives, counts.negatives) >= _FEWEST:
            return public
        typical = tuple(one for one in self.sets if one["typical"])
        return tuple(one for one in typical if not one["data"].endswith("_development")) or typical

    @property
    def counts(self) -> DetectorCounts:
        """What the deciding sets say of the check."""
        return _counts(self.deciding)

    def speaks_for(self, signature: str) -> bool:
        """Whether this version of the check was measured, on enough labelled items of both kinds."""
        counts = self.counts
        return signature == self.signature and min(counts.positives, counts.negatives) >= _FEWEST

    def correct(self, failed: int, judged: int, signature: str) -> Corrected | None:
        """The share of failures behind ``failed`` of ``judged`` samples.

        Returns:
            None where the card cannot say: it speaks for another version, the check tells nothing, or the share lies
            outside what its false alarms and misses allow, so that these answers are unlike the labelled ones.
        """
        if not self.speaks_for(signature) or judged < 1:
            return None
        counts = self.counts
        try:
            value = rogan_gladen(failed / judged, counts.sensitivity, counts.specificity)
            interval = corrected_interval(failed, judged, counts)
        except ValueError:
            return None
        if interval.low == interval.high:
            return None
        return Corrected(
            value=value,
            interval=interval,
            sensitivity=counts.sensitivity,
            specificity=counts.specificity,
            data=tuple(one["data"] for one in self.deciding),
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "check": self.check,
            "signature": self.signature,
            "command": self.command,
            "sets": list(self.sets),
        }


def _counts(sets: Sequence[dict[str, Any]]) -> DetectorCounts:
    """Judged items only: a figure leaves out what could not be judged, and so does this."""
    tables = [one["confusion"]["labels"] for one in sets]
    sums = {
        label: tuple(sum(table.get(label, {}).get(column, 0) for table in tables) for column in _COLUMNS)
        for label in ("fail", "pass")
    }
    (hits, missed), (alarms, rejections) = sums["fail"], sums["pass"]
    return DetectorCounts(hits, hits + missed, rejections, rejections + alarms)


def measure_card(check: str, detector: Detector, sets: list[LabelledSet], command: str) -> Card:
    """The card of a check on every set that says what the check should fail."""
    measured = []
    for data in sets:
        judgements = _judge(check, detector, data)
        if judgements:
            place = {
                "data": data.name,
                "public": data.public,
                "typical": data.typical,
                "fingerprint": data.fingerprint,
            }
            measured.append({**place, **Accuracy.of(judgements).to_json()})
    return Card(check, build_metric(check).signature, command, tuple(measured))


def _judge(check: str, detector: Detector, data: LabelledSet) -> list[Judgement]:
    views = [seen for one in data.examples if (seen := detector.checks[check](one)) is not None]
    flags = failed_by(check, [response for response, _ in views])
    return [Judgement("fail" if wrong else "pass", wrong, flag) for (_, wrong), flag in zip(views, flags, strict=True)]


@cache
def card_of(check: str) -> Card | None:
    """The card of a check of the house, or None where it has none."""
    path = CARDS / f"{check}.json"
    if not path.is_file():
        return None
    value = json.loads(path.read_text(encoding="utf-8"))
    return Card(value["check"], value["signature"], value["command"], tuple(value["sets"]))
