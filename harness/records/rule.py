"""Gate rules as data: what a suite or a policy file demands. What they decide lives in the gate room."""

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness.records.forgetting import ALL_PROBES, Measure

Severity = Literal["low", "medium", "high", "critical"]
RuleKind = Literal["better", "no_worse", "equivalent", "no_new_findings", "at_most", "at_least", "forgets_at_most"]


#: Rules by another name: what stands for them, and what may be said otherwise.
_SHORT: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "no_contamination": ({"rule": "at_most", "metric": "contaminated"}, {"value": 0.0, "tasks": "*"}),
    "parity": ({"rule": "at_most"}, {"value": 0.01, "tasks": "serving_parity", "metric": "logprob_gap"}),
    "forgets_at_most": ({"rule": "forgets_at_most"}, {"tasks": ALL_PROBES, "than": "base"}),
}


class Rule(BaseModel):
    """One demand on each candidate.

    ``better`` and ``no_worse`` compare with the model named by ``than`` (``base``, ``baseline`` or a model of the
    suite) and read ``margin`` in the metric's own unit; ``equivalent`` asks that the difference lie within it on either
    side. ``no_new_findings`` asks that a check find nothing of ``severity`` or worse on a sample on which it found no
    such thing of the other model. ``at_most`` and ``at_least`` bound the candidate's own figure. ``forgets_at_most``
    bounds a ``measure`` of what was lost against ``than`` (the base if left out), over all probes or on each of
    ``tasks``. ``no_contamination`` and ``parity`` are read as ``at_most`` on the figures that the suite's sections of
    those names make.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: RuleKind
    tasks: str | list[str]
    metric: str | None = Field(None, description="a metric of the task; the task's first metric if left out")
    than: str | None = Field(None, description="base, baseline or a model's name; baseline if left out")
    margin: Annotated[float, Field(ge=0)] = 0.0
    value: float | None = None
    measure: Measure | None = Field(None, description="of forgetting; with forgets_at_most")
    severity: Severity | None = Field(None, description="the least that no_new_findings minds; low if left out")
    slice: dict[str, str | int | float | bool] = Field(
        {}, description="fields of the samples and the values they must have; all samples if left out"
    )
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    max_unscorable: Annotated[float, Field(ge=0, le=1)] = Field(
        0.05, description="a larger share of samples without a judgement makes the rule fail as unavailable"
    )

    @model_validator(mode="before")
    @classmethod
    def _spelled_out(cls, value: Any) -> Any:
        """Fill in what a rule's name means; ``no_contamination`` and ``parity`` are other names of ``at_most``."""
        if not isinstance(value, dict) or not isinstance(value.get("rule"), str) or value["rule"] not in _SHORT:
            return value
        fixed, defaults = _SHORT[value["rule"]]
        for name in (name for name in fixed if name in value and name != "rule"):
            raise ValueError(f"rule {value['rule']} takes no {name!r}")
        return {**defaults, **value, **fixed}

    @model_validator(mode="after")
    def _value_where_needed(self) -> "Rule":
        bounded = self.rule in ("at_most", "at_least")
        if (bounded or self.forgets) and self.value is None:
            raise ValueError(f"rule {self.rule} needs a value: the bound that the figure is held against")
        if not (bounded or self.forgets) and self.value is not None:
            raise ValueError(f"rule {self.rule} takes a margin, not a value")
        if self.forgets != (self.measure is not None):
            raise ValueError(
                f"rule forgets_at_most needs a 'measure' ({', '.join(get_args(Measure))}), no other has one"
            )
        if self.forgets and (self.metric is not None or self.margin or self.slice):
            raise ValueError("rule forgets_at_most takes a measure and a value, no 'metric', 'margin' or 'slice'")
        if bounded and (self.than is not None or self.margin):
            raise ValueError(f"rule {self.rule} takes a value alone, no 'than' and no 'margin'")
        if self.rule == "no_new_findings" and self.margin:
            raise ValueError("rule no_new_findings takes no margin: one new finding is one too many")
        if self.rule != "no_new_findings" and self.severity is not None:
            raise ValueError("'severity' goes with rule no_new_findings")
        if self.rule == "equivalent" and not self.margin:
            raise ValueError("rule equivalent needs a margin above 0: no two models are shown to be exactly equal")
        return self

    @property
    def least_severity(self) -> Severity:
        """What counts as a finding of ``no_new_findings``: this severity or worse."""
        return self.severity or "low"

    @property
    def compares(self) -> bool:
        """Whether the rule is about the difference to another model, not about the candidate's own figure."""
        return self.rule not in ("at_most", "at_least")

    @property
    def forgets(self) -> bool:
        """Whether the rule reads what was lost against another model, not the figures of a task's metrics."""
        return self.rule == "forgets_at_most"

    @property
    def selectors(self) -> list[str]:
        """Task names and ``tag:`` selectors this rule covers."""
        return [self.tasks] if isinstance(self.tasks, str) else self.tasks
