"""The ``forgetting:`` section of a recipe: what is asked while training, and how much may be lost. Values only."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

#: How a measurement of what was forgotten is named to whoever watches.
STAGE = "measuring what was forgotten"

_Share = Annotated[float, Field(ge=0, lt=1)]


class Limits(BaseModel):
    """Limits on what a training may lose against its base. One is crossed when the whole interval lies above it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    accuracy_drop: _Share | None = Field(None, description="of each probe, and of all together: base minus tuned")
    negative_flips: _Share | None = Field(None, description="share of the answers that were right and are wrong")
    format_drift: _Share | None = Field(None, description="share of the answers that are the training data's instead")
    kl: Annotated[float, Field(ge=0)] | None = Field(None, description="KL(base‖tuned) on the text, nats a token")
    perplexity_ratio: Annotated[float, Field(ge=1)] | None = Field(None, description="on the text, tuned over base")


#: The limits of a recipe that names none. Those that cannot be measured are passed over.
USUAL_LIMITS = Limits(accuracy_drop=0.05, negative_flips=0.1, format_drift=0.05, kl=0.5, perplexity_ratio=1.5)


class Forgetting(BaseModel):
    """The ``forgetting:`` section: old tasks and general text, put to the base and to what is being trained."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    probes: list[str] = Field(
        ["tag:forgetting"], description="tasks with right and wrong answers: names, tags or paths, as in a suite"
    )
    samples: int = Field(64, gt=0, le=10_000, description="of each probe, and texts; always the same ones")
    every: Annotated[int, Field(gt=0)] | None = Field(
        None, description="steps between measurements; a quarter of the training if left out"
    )
    text: str = Field(
        "world_text", description="general text: a file relative to the recipe (text or JSONL), or a perplexity task"
    )
    limits: Limits | None = Field(
        None, description="only those given hold; if left out, the usual ones that can be measured"
    )
    on_limit: Literal["stop", "warn"] = Field(
        "stop", description="stop and keep the last weights within the limits, or go on and say so"
    )
