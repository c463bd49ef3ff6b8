"""Waivers: what somebody answers for until a date. They stand in a policy, never in the suite of those it judges."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from harness.records.rule import RuleKind


class Waiver(BaseModel):
    """A rule that is not met, let through by somebody, for a reason, until a date.

    Attributes:
        tasks: Task names and ``tag:`` selectors, as in a rule.
        rule, metric, candidate: Narrow it to a kind of rule, a metric, a model; any if left out.
        until: The last day it holds.
        unavailable: Whether it also lets a check through that could not be made at all.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    tasks: str | list[str]
    rule: RuleKind | None = None
    metric: str | None = None
    candidate: str | None = None
    reason: Annotated[str, Field(min_length=1)]
    owner: Annotated[str, Field(min_length=1)]
    until: date
    unavailable: bool = False

    @property
    def selectors(self) -> list[str]:
        """Task names and ``tag:`` selectors this waiver covers."""
        return [self.tasks] if isinstance(self.tasks, str) else self.tasks
