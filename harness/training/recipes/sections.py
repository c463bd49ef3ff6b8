"""The sections of a recipe that say how a training runs: its schedule, and what is measured on held-out rows."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness.models.resolve import REGISTERED
from harness.training.data.sources import HubData

Scheduler = Literal[
    "cosine",
    "cosine_with_min_lr",
    "linear",
    "polynomial",
    "inverse_sqrt",
    "constant",
    "constant_with_warmup",
]
_Positive = Annotated[int, Field(gt=0)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StartAdapter(_Section):
    """The ``start:`` section: what a training goes on from. An adapter without a revision may be written as text."""

    adapter: str = Field(description="a folder relative to the recipe, a hub id, or registry:NAME:VERSION")
    revision: str | None = Field(None, description="commit, branch or tag of an adapter from the hub")

    @model_validator(mode="after")
    def _is_of_the_hub(self) -> "StartAdapter":
        if self.revision and self.adapter.startswith(REGISTERED):
            raise ValueError(f"a registered adapter has no revision: write {REGISTERED}NAME:VERSION or NAME:TAG")
        return self


class Schedule(_Section):
    """The ``schedule:`` section: how long, how fast, in what portions."""

    epochs: Annotated[float, Field(gt=0)] | None = Field(None, description="passes over the data; 3 if left out")
    max_steps: _Positive | None = Field(None, description="optimiser steps, instead of epochs")
    batch_size: int = Field(8, gt=0, description="rows in a batch of each process; with packing, sequences")
    gradient_accumulation: int = Field(1, gt=0, description="batches whose gradients make one step")
    packing: bool = Field(False, description="rows share sequences of max_length tokens, none of them sees another")
    learning_rate: Annotated[float, Field(gt=0)] | None = Field(
        None, description="at its highest; the method's usual one if left out"
    )
    warmup: float = Field(0.03, ge=0, description="share of the steps if below 1, else a number of steps")
    scheduler: Scheduler = Field("cosine", description="how the learning rate falls after the warm-up")
    min_lr_rate: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        None, description="of cosine_with_min_lr: where it ends, as a share of the learning rate; 0.1 if left out"
    )
    power: Annotated[float, Field(gt=0)] | None = Field(None, description="of polynomial; 2 if left out, 1 is linear")
    weight_decay: float = Field(0.0, ge=0, description="of AdamW")
    max_grad_norm: float = Field(1.0, gt=0, description="longer gradients are cut to this length")
    gradient_checkpointing: bool = Field(False, description="less memory, a third more time")
    save_every: _Positive | None = Field(
        None, description="steps between checkpoints; a fifth of the steps, at least 100, if left out"
    )
    save_total_limit: int = Field(2, gt=0, description="checkpoints kept while training; the best held-out one is safe")

    @model_validator(mode="after")
    def _fits_together(self) -> "Schedule":
        if self.epochs is not None and self.max_steps is not None:
            raise ValueError("epochs and max_steps both say how long to train: give one of them")
        for name, scheduler in (("min_lr_rate", "cosine_with_min_lr"), ("power", "polynomial")):
            if getattr(self, name) is not None and self.scheduler != scheduler:
                raise ValueError(f"{name} belongs to scheduler: {scheduler}, and {self.scheduler} would ignore it")
        return self


class EarlyStopping(_Section):
    """The ``evaluation.early_stopping:`` section. The words mean what they mean in transformers."""

    patience: int = Field(3, gt=0, description="measurements in a row that may be no better than the best")
    threshold: float = Field(0.0, ge=0, description="nats by which a measurement must be better to count")


class Evaluation(_Section):
    """The ``evaluation:`` section: rows held out of the training, on which the loss is measured."""

    fraction: float = Field(0.0, ge=0, lt=1, description="share of the prompts held out, near duplicates with them")
    data: str | HubData | None = Field(None, description="instead of a fraction: a file or hub id of held-out rows")
    every: _Positive | None = Field(
        None, description="steps between measurements; once a pass with early_stopping or keep_best, else at the end"
    )
    early_stopping: EarlyStopping | None = Field(None, description="end when the held-out loss no longer falls")
    keep_best: bool = Field(False, description="save the weights of the lowest held-out loss, not the last ones")

    @model_validator(mode="after")
    def _has_rows(self) -> "Evaluation":
        wanted = "early_stopping" if self.early_stopping else "keep_best"
        if self.fraction and self.data:
            raise ValueError("fraction and data both say which rows are held out: give one of them")
        if self.watches and not self.holds_out:
            raise ValueError(f"{wanted} needs held-out rows: set evaluation.fraction, 0.1 for a tenth of the prompts")
        return self

    @property
    def holds_out(self) -> bool:
        """Whether any rows are held out."""
        return bool(self.fraction or self.data)

    @property
    def watches(self) -> bool:
        """Whether the held-out loss decides anything."""
        return self.keep_best or self.early_stopping is not None
