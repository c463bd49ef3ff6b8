"""What a suite says about its probes: serving parity and the noise floor."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from harness.metrics import Metric, build_metric

#: The name under which rules, tables and reports find the probe.
TASK = "serving_parity"
NOISE_TASK = "noise_floor"
NOISE_METRICS: list[str | dict[str, Any]] = ["text_mismatch", "score_mismatch"]
METRICS: list[str | dict[str, Any]] = ["logprob_gap", "large_logprob_gap", "text_mismatch"]


class ParityProbe(BaseModel):
    """The ``parity:`` section of a suite."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompts: Annotated[int, Field(gt=0)] = Field(32, description="taken evenly from all tasks of the suite")
    max_tokens: Annotated[int, Field(gt=0)] = 32
    threshold: Annotated[float, Field(gt=0)] = Field(0.1, description="nats; of large_logprob_gap")

    @property
    def metric_specs(self) -> list[str | dict[str, Any]]:
        return [
            {"name": name, "threshold": self.threshold} if name == "large_logprob_gap" else name for name in METRICS
        ]

    def metrics(self) -> list[Metric]:
        return [build_metric(spec) for spec in self.metric_specs]


class NoiseAudit(BaseModel):
    """The ``noise:`` section of a suite."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    samples: Annotated[int, Field(gt=0)] = Field(32, description="asked again, taken evenly from all tasks")

    def metrics(self) -> list[Metric]:
        return [build_metric(spec) for spec in NOISE_METRICS]
