"""What a suite says about the serving parity probe."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from harness.metrics import Metric, build_metric

#: The name under which rules, tables and reports find the probe.
TASK = "serving_parity"
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
