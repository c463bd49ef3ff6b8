"""What a training optimises: the ``objective:`` section of a recipe. Values only."""

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness.training.recipes.methods import AdaLora, TrainingMethod


class TrainingObjective(BaseModel):
    """What all objectives have in common.

    Attributes:
        summary: What it teaches, in one line.
        rate_share: Its usual learning rate, as a share of the method's for supervised training.
        preferences: It learns from {prompt, chosen, rejected} instead of conversations.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    summary: ClassVar[str]
    rate_share: ClassVar[float] = 1.0
    preferences: ClassVar[bool] = False

    def check(self, method: TrainingMethod) -> None:
        """Make sure that a method can be trained for this objective.

        Raises:
            ValueError: it cannot; the text says why.
        """


class Sft(TrainingObjective):
    """Supervised fine-tuning: the mean cross-entropy of the answers' tokens."""

    summary: ClassVar[str] = "to answer as the data does"
    kind: Literal["sft"] = "sft"


class Dpo(TrainingObjective):
    """Direct preference optimization (Rafailov et al. 2023) through TRL's DPOTrainer.

    The reference is the same model with its adapter switched off. ``ipo`` is the squared loss of Azar et al. (2023) on
    log-ratios per token, ``hinge`` that of SLiC (Zhao et al. 2023), ``robust`` the unbiased one under flipped
    preferences (Chowdhury et al. 2024).
    """

    summary: ClassVar[str] = "to prefer the chosen answer to the rejected one"
    # 5e-6 for LoRA and 5e-7 for all weights, as in TRL's own DPO recipes.
    rate_share: ClassVar[float] = 1 / 40
    preferences: ClassVar[bool] = True
    kind: Literal["dpo"] = "dpo"
    beta: float = Field(0.1, gt=0, description="how much it costs to leave the reference; of ipo the paper's tau")
    loss: Literal["sigmoid", "ipo", "hinge", "robust"] = Field("sigmoid", description="of the margin between answers")
    label_smoothing: float = Field(0.0, ge=0, lt=0.5, description="share of preferences that are flipped; of robust")

    @model_validator(mode="after")
    def _smoothing_is_used(self) -> "Dpo":
        if self.loss == "robust" and not self.label_smoothing:
            raise ValueError("robust needs label_smoothing, the share of preferences that are flipped (0.1 is usual)")
        if self.loss != "robust" and self.label_smoothing:
            raise ValueError("label_smoothing belongs to loss: robust")
        return self

    def check(self, method: TrainingMethod) -> None:
        """See `TrainingObjective.check`."""
        if method.moves_base:
            raise ValueError("dpo compares with the base, out of which pissa and olora take a part: use init: default")
        if isinstance(method, AdaLora):
            raise ValueError("adalora's orthogonality penalty is no part of dpo's loss: use lora or dora")
        if getattr(method, "dropout", 0.0):
            raise ValueError("dpo compares two passes through one model, without dropout: leave method.dropout out")


#: The ``objective:`` section, told apart by ``kind``.
Objective = Annotated[Sft | Dpo, Field(discriminator="kind")]
