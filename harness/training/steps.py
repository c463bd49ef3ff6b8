"""What is known of each step of a training: the lines of ``metrics.jsonl``, and the advice read from them."""

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path


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


class StepLog:
    """Appends each step to a file as it happens, and keeps the losses for the summary.

    Args:
        resumed_from: Steps that a resumed training does not repeat; later lines in the file are dropped.
    """

    def __init__(self, path: Path, resumed_from: int = 0, watch: Callable[[Step], None] | None = None) -> None:
        self.path, self.watch = path, watch
        kept = [line for line in _lines(path) if json.loads(line)["step"] <= resumed_from]
        path.write_text("".join(kept), encoding="utf-8")
        self.losses = [loss for line in kept if (loss := json.loads(line).get("loss")) is not None]

    def __call__(self, step: Step) -> None:
        with self.path.open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(step.to_json()) + "\n")
        if step.loss is not None:
            self.losses.append(step.loss)
        if self.watch:
            self.watch(step)


def _lines(path: Path) -> list[str]:
    """Whole lines only: the last may have been cut off by a kill."""
    if not path.is_file():
        return []
    return [line for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if line.endswith("\n")]


def loss_summary(losses: Sequence[float]) -> dict[str, float]:
    """Mean loss of the first and of the last tenth of the steps."""
    tenth = max(1, len(losses) // 10)
    return {"first_loss": statistics.fmean(losses[:tenth]), "last_loss": statistics.fmean(losses[-tenth:])}


def advice(losses: Sequence[float]) -> list[str]:
    """Warnings read from the loss curve."""
    ends = loss_summary(losses)
    if len(losses) >= 20 and ends["last_loss"] >= ends["first_loss"]:
        return [
            f"the loss did not fall ({ends['first_loss']:.3f} to {ends['last_loss']:.3f}): "
            "check the data, or change the learning rate"
        ]
    return []
