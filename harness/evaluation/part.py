"""A part of a task's samples, chosen by what they hold: what is tuned on one part can be held to another."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness.records import InputError, Sample, content_hash


class Part(BaseModel):
    """The samples whose hash, as a share of its range, lies from ``low`` to below ``high``.

    Parts that do not overlap share no sample, whatever the order of the data; samples of one source (``cluster``)
    stay together.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    low: Annotated[float, Field(ge=0, lt=1)] = 0.0
    high: Annotated[float, Field(gt=0, le=1)] = 1.0

    @model_validator(mode="after")
    def _in_order(self) -> "Part":
        if self.low >= self.high:
            raise ValueError(f"low {self.low:g} is not below high {self.high:g}")
        return self

    def of(self, samples: list[Sample]) -> list[Sample]:
        """The samples of this part, in the order given.

        Raises:
            InputError: there are none.
        """
        kept = [sample for sample in samples if self._holds(sample)]
        if samples and not kept:
            raise InputError(
                f"none of its {len(samples)} samples lies in the part from {self.low:g} to {self.high:g}",
                where=f"task {samples[0].task!r}",
                mend="widen the part, or use more samples",
            )
        return kept

    def _holds(self, sample: Sample) -> bool:
        digits = content_hash(["part", sample.cluster or sample.key])
        return self.low <= int(digits, 16) / 16 ** len(digits) < self.high
