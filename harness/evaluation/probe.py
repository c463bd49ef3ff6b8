"""What a suite says about its probes: serving parity and the noise floor."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from harness.metrics import Metric, build_metric
from harness.records import content_hash
from harness.records.selection import PROBE_TAG

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


def probe_entry(
    name: str, tag: str, description: str, settings: BaseModel, metrics: Sequence[Any], keys: Sequence[str]
) -> dict[str, Any]:
    """A probe's entry among the tasks of the manifest.

    Args:
        keys: Of the samples it asked.
    """
    return {
        "name": name,
        "version": 1,
        "description": description,
        "tags": [tag, PROBE_TAG],
        "fingerprint": content_hash([settings.model_dump(mode="json"), sorted(keys)]),
        "samples": len(keys),
        "definition": {"metrics": list(metrics), "labels": []},
    }
