"""A score: a metric's value for one sample, with what is needed to aggregate and to explain it."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What became of a sample under a metric.

    Graded metrics give ``SCORED``. Checks give ``PASS`` or ``FAIL``. ``UNSCORABLE`` means that the answer was
    empty, cut off or could not be parsed; ``ERROR`` that the metric itself could not judge it. Neither counts as
    passed.
    """

    SCORED = "scored"
    PASS = "pass"
    FAIL = "fail"
    UNSCORABLE = "unscorable"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a check failed a sample: the rule, how bad it is, where in the answer, and the reason in words."""

    rule: str
    severity: str
    reason: str
    span: tuple[int, int] | None = None
    cwe: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """One metric's judgement of one sample.

    Attributes:
        outcome: See `Outcome`.
        value: The sample's own value, None where the sample was not judged.
        statistics: Sufficient statistics; the metric's figure is a function of their sum over samples.
            All zero for a sample that takes no part in the figure.
        extracted: What was read from the answer (a label, a number), for reports.
        findings: Why a check failed it.
    """

    outcome: Outcome
    value: float | None
    statistics: tuple[float, ...]
    extracted: str | None = None
    findings: tuple[Finding, ...] = ()
