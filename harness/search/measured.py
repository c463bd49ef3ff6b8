"""What a training costs: memory and speed, of a process of its own."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from harness.records.progress import Progress
from harness.runs import write_json
from harness.training import Recipe
from harness.training.alone import Heard, train_alone

#: What a training cost, beside the adapter's folder.
COST = "cost.json"


class Cost(BaseModel):
    """What a training cost.

    Attributes:
        peak_memory: Bytes; of the GPU, or of the process.
        tokens_per_second: Between the first step and the last; None where it made fewer than two.
    """

    model_config = ConfigDict(frozen=True)

    peak_memory: int
    memory_of: str
    tokens_per_second: float | None


def train_measured(recipe: Recipe, folder: Path, out: Path, progress: Progress, stage: str) -> Cost:
    """Train a recipe in a fresh process. What it says beside its steps lies in ``train.log`` beside ``out``.

    Args:
        folder: What the recipe's paths are relative to.

    Raises:
        RunError: it could not be trained; in its own words.
    """
    # What an earlier training cost, of another recipe perhaps, must not be taken for this one's.
    (out.parent / COST).unlink(missing_ok=True)
    heard: list[Heard] = []
    for one in train_alone(recipe, folder, out, out.parent / "train.log"):
        heard.append(one)
        progress(stage, one.step, one.steps)
    *steps, saved = heard
    cost = Cost(peak_memory=saved.memory, memory_of=saved.memory_of, tokens_per_second=_speed(steps))
    write_json(out.parent / COST, cost.model_dump(mode="json"))
    return cost


def _speed(steps: Sequence[Heard]) -> float | None:
    if len(steps) < 2:
        return None
    return (steps[-1].tokens - steps[0].tokens) / (steps[-1].at - steps[0].at)
