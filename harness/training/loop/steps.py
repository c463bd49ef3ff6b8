"""What is known of each step of a training: the lines of ``metrics.jsonl``."""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from harness.records.files import write_text
from harness.training.loop.processes import is_first_process


@dataclass(frozen=True, slots=True)
class Step:
    """One step, or one measurement on held-out rows (then ``held_out_loss`` is set and ``loss`` is not).

    ``tokens`` counts all tokens learned from so far, padding aside; ``loss`` is in nats a learned token, or what the
    objective has instead. ``extra`` is what else the objective measures, under TRL's names (``rewards/margins``).
    """

    step: int
    steps: int
    epoch: float
    tokens: int
    loss: float | None = None
    held_out_loss: float | None = None
    learning_rate: float | None = None
    grad_norm: float | None = None
    extra: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, float]:
        """What is known, in one layer."""
        known = {key: value for key, value in asdict(self).items() if value is not None}
        return known | known.pop("extra")

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> "Step":
        """The step that a line of ``metrics.jsonl`` was written from."""
        own = {one.name for one in fields(cls)}
        known = {name: value for name, value in line.items() if name in own}
        return cls(**known, extra={name: value for name, value in line.items() if name not in own})


class StepLog:
    """Appends each step to a file as it happens, in the first process.

    Args:
        resumed_from: Steps that a resumed training does not repeat; later lines in the file are dropped.

    Attributes:
        steps: All of them, those before a kill included.
    """

    def __init__(self, path: Path, resumed_from: int = 0) -> None:
        self.path = path
        kept = [line for line in whole_lines(path) if json.loads(line)["step"] <= resumed_from]
        if is_first_process():
            write_text(path, "".join(kept))
        self.steps = [Step.from_json(json.loads(line)) for line in kept]

    @property
    def losses(self) -> list[float]:
        """The training loss of each step."""
        return [step.loss for step in self.steps if step.loss is not None]

    def add(self, step: Step) -> None:
        """Write a step down."""
        with self.path.open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(step.to_json()) + "\n")
        self.steps.append(step)


def whole_lines(path: Path) -> list[str]:
    """The lines of a file that is appended to, without a last one that a kill cut off; none where there is no file."""
    if not path.is_file():
        return []
    return [line for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if line.endswith("\n")]


def loss_summary(losses: Sequence[float]) -> dict[str, float]:
    """Mean loss of the first and of the last tenth of the steps."""
    tenth = max(1, len(losses) // 10)
    return {"first_loss": statistics.fmean(losses[:tenth]), "last_loss": statistics.fmean(losses[-tenth:])}
