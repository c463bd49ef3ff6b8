"""The ``tune:`` section of a recipe: what `harness tune` may vary, and what it is after. `harness train` ignores it."""

import math
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from harness.records import Rule

Number = int | float
Choice = bool | int | float | str


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Span(_Section):
    """A range of numbers, both ends included: whole ones where ``low`` and ``high`` are, else any."""

    low: Number = Field(description="lower end")
    high: Number = Field(description="upper end")
    log: bool = Field(False, description="even on a logarithmic scale")
    step: Annotated[Number, Field(gt=0)] | None = Field(None, description="distance between the values tried")

    @model_validator(mode="after")
    def _in_order(self) -> "Span":
        if not all(map(math.isfinite, (self.low, self.high, self.step or 0))):
            raise ValueError("a range needs numbers that are finite")
        if self.low >= self.high:
            raise ValueError(f"empty range: low {self.low} is not below high {self.high}")
        if self.log and self.low <= 0:
            raise ValueError("a logarithmic range needs a low above 0")
        if self.log and self.step is not None:
            raise ValueError("a logarithmic range takes no step")
        if self.step is not None and self.step > self.high - self.low:
            raise ValueError(f"step {self.step} is longer than the range from {self.low} to {self.high}")
        if self.whole and isinstance(self.step, float):
            raise ValueError("a range of whole numbers takes a whole step")
        return self

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are meant."""
        return isinstance(self.low, int) and isinstance(self.high, int)


def _form(value: Any) -> str:
    """Which of the two forms of a range is meant, so that what is wrong is said of that one."""
    return "values" if isinstance(value, list) else "range"


Values = Annotated[list[Choice], Field(min_length=1)]
Range = Annotated[Annotated[Values, Tag("values")] | Annotated[Span, Tag("range")], Discriminator(_form)]


class Tuning(_Section):
    """The ``tune:`` section: what is varied, what is measured, and how the search goes about it."""

    ranges: dict[str, Range] = Field(
        min_length=1, description="by dotted key of the recipe: a list of values, or {low, high, log, step}"
    )
    suite: str | None = Field(
        None, description="file of the suite that measures, relative to the recipe; base and candidates are the trial's"
    )
    tasks: list[str] = Field([], description="instead of a suite: tasks, as a suite names them")
    gate: list[Rule] = Field([], description="rules for those tasks, as a suite has them")
    limit: Annotated[int, Field(gt=0)] | None = Field(None, description="samples of those tasks, drawn by seed")
    objective: str = Field(description="TASK or TASK/METRIC; without a metric the task's first one")
    subject_to: Literal["gate"] | None = Field(None, description="gate: the best trial is one that no gate rule fails")
    against: Literal["forgetting"] | None = Field(
        None, description="forgetting: a second goal, the least mean drop on tasks tagged forgetting (a Pareto front)"
    )
    confirm: float = Field(
        0.5, gt=0, lt=1, description="share of each task's samples that the search never sees; the best is held to them"
    )
    trials: int = Field(20, gt=0, description="trainings in all")
    sampler: Literal["tpe", "random", "nsga2", "grid"] = Field("tpe", description="how values are chosen")
    pruner: Literal["none", "median", "successive_halving"] = Field(
        "none", description="stops trials whose held-out loss falls behind; needs evaluation.fraction and .every"
    )
    timeout: Annotated[float, Field(gt=0)] | None = Field(None, description="seconds after which no trial is begun")
    seed: int = Field(0, ge=0, lt=2**32, description="of the choice of values")

    @model_validator(mode="after")
    def _makes_sense(self) -> "Tuning":
        if bool(self.suite) == bool(self.tasks):
            raise ValueError("give either a suite or tasks to measure with")
        if self.suite and (self.gate or self.limit):
            raise ValueError("gate and limit go with tasks; a suite has its own")
        if self.subject_to and self.tasks and not self.gate:
            raise ValueError("subject_to: gate needs rules under gate")
        if self.against and self.pruner != "none":
            raise ValueError("a pruner needs one goal: leave out the pruner, or against")
        for key, values in self.ranges.items():
            if isinstance(values, list) and len(set(map(repr, values))) < len(values):
                raise ValueError(f"range of {key}: a value stands twice")
            if self.sampler == "grid" and isinstance(values, Span) and values.step is None and not values.whole:
                raise ValueError(f"range of {key}: a grid needs a list, or a step")
        return self
