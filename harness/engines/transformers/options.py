"""What only the transformers engine takes."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class TransformersOptions(BaseModel):
    """The ``engine.options`` of a suite whose engine is transformers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    quantization: Literal["nf4", "int8"] | None = Field(None, description="load the base through bitsandbytes")
    merge: bool = Field(False, description="answer from weights into which each adapter was merged, one at a time")
