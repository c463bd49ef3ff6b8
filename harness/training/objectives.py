"""What a training optimises: the ``objective:`` section of a recipe. Values only."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Sft(BaseModel):
    """Supervised fine-tuning: the mean cross-entropy of the answers' tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Literal["sft"] = "sft"


#: The ``objective:`` section.
Objective = Sft
