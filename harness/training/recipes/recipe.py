"""A recipe: everything that decides what an adapter becomes, as one strict YAML document. Values only."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness.records import Name, read_document
from harness.training.canaries import Canaries
from harness.training.data.sources import HubData
from harness.training.forgetting.settings import Forgetting
from harness.training.loop.tracking import TrackerName
from harness.training.recipes.methods import Lora, Method, PrefixTuning
from harness.training.recipes.objectives import Objective, Sft
from harness.training.recipes.sections import Evaluation, Schedule, StartAdapter
from harness.training.recipes.tuning import Tuning

Dtype = Literal["auto", "float32", "bfloat16"]


class Recipe(BaseModel):
    """What to train and how. A recipe of five lines works; everything else has a default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    adapter: Name = Field(description="name of the adapter")
    base: str = Field("reference", description="reference, a folder relative to the recipe, or a hub id")
    revision: str | None = Field(None, description="commit, branch or tag of a base from the hub")
    start: str | StartAdapter | None = Field(
        None,
        description="an adapter (folder relative to the recipe, hub id or registry:NAME:TAG, or a section with its "
        "revision): training begins with its weights; method and sizes must be equal. With dpo it is the reference",
    )
    method: Method = Field(Lora(), description="what is trained; its keys depend on its kind")
    objective: Objective = Field(Sft(), description="sft: to answer as the data does; dpo: to prefer as the data does")
    data: str | HubData | Annotated[list[str | HubData], Field(min_length=1)] = Field(
        description="files relative to the recipe (JSONL, JSON, CSV, TSV, Parquet), or hub ids: org/name, "
        "org/name@revision/subset/split, {hub: org/name, revision: ..., subset: ..., split: train}"
    )
    format: Literal["auto", "chat", "text"] = Field(
        "auto", description="chat: the base's template; text: prompt and response joined; auto: chat if it has one"
    )
    schedule: Schedule = Field(Schedule(), description="how long, how fast, in what portions")
    evaluation: Evaluation = Field(Evaluation(), description="rows held out, on which the loss is measured")
    forgetting: Forgetting | None = Field(None, description="what the training may lose, measured while it runs")
    canaries: Canaries | None = Field(None, description="secrets to plant, so that their leakage can be measured")
    seed: int = Field(0, ge=0, lt=2**32, description="of starting weights, order of rows, dropout and held-out rows")
    max_length: Annotated[int, Field(gt=1)] | None = Field(
        None, description="longest row in tokens; longer rows are left out and named. The base's context if left out"
    )
    dtype: Dtype = Field("auto", description="auto: float32 on CPU, bfloat16 on a GPU that has it")
    # No part of what a training is: neither its fingerprint nor its record holds these.
    track: list[TrackerName] = Field([], exclude=True, description="trackers that follow the training")
    tune: Tuning | None = Field(None, exclude=True, description="what harness tune varies; harness train ignores it")

    @model_validator(mode="after")
    def _can_be_trained(self) -> "Recipe":
        if isinstance(self.method, PrefixTuning) and self.schedule.gradient_checkpointing:
            raise ValueError("prefix_tuning keeps its keys and values in the cache: gradient_checkpointing drops them")
        if self.start is not None and self.method.begins_afresh:
            raise ValueError(f"start: {self.method.begins_afresh}")
        if self.schedule.packing and self.method.context_taken:
            raise ValueError("packing: virtual tokens stand before a sequence, not before each of its rows")
        if self.schedule.packing and self.objective.kind != "sft":
            raise ValueError(f"packing: {self.objective.kind} compares whole answers, each in a sequence of its own")
        if self.canaries and self.objective.preferences:
            raise ValueError(f"canaries: {self.objective.kind} learns preferences, and a secret is none")
        self.objective.check(self.method)
        return self

    @property
    def begins_with(self) -> StartAdapter | None:
        """The start, however it is written."""
        return StartAdapter(adapter=self.start) if isinstance(self.start, str) else self.start

    @property
    def learning_rate(self) -> float:
        """The recipe's own, or the usual one of its method and objective."""
        return self.schedule.learning_rate or self.method.usual_rate * self.objective.rate_share

    @property
    def files(self) -> list[str]:
        """The data files and hub ids, as text."""
        return [str(one) for one in (self.data if isinstance(self.data, list) else [self.data])]


def read_recipe(path: Path) -> Recipe:
    """A recipe from its file.

    Raises:
        InputError: naming the file, the line and the first thing that is wrong.
    """
    return read_document(path, Recipe)
