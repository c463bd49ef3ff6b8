"""How fast a training would be on this machine, from a few of its own steps: real ones, in a process of their own."""

import statistics
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from harness.records import RunError
from harness.training.alone import Heard, train_alone
from harness.training.recipes.methods import Full
from harness.training.recipes.recipe import Recipe
from harness.training.recipes.sections import Evaluation

#: Steps that are tried; the first is not timed, since it loads what later ones find there.
_STEPS = 10
#: Seconds after the first step in which further steps are waited for, once two are timed.
_ENOUGH = 60.0
#: Seconds after which a base that has not made three steps is given up.
_PATIENCE = 600.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a few real steps took.

    Attributes:
        steps: How many were timed: all but the first.
        step_seconds: Their median.
        speed: Tokens a second, padding aside: the median of the steps; ``slowest`` and ``fastest`` of them.
        start_seconds: Until the first step was done: libraries, data, base.
        start_tokens: Learned from in that step.
        end_seconds: From the last step until everything was saved; 0 where that was not tried.
        memory: Bytes held at most: torch on the ``gpu``, or the whole ``process`` in main memory.
    """

    steps: int
    step_seconds: float
    speed: float
    slowest: float
    fastest: float
    start_seconds: float
    start_tokens: int
    end_seconds: float
    memory: int
    memory_of: str

    def seconds(self, tokens: float, speed: float) -> float:
        """From start to end of a training that learns from so many tokens, after its first step at this speed."""
        return self.start_seconds + max(0.0, tokens - self.start_tokens) / speed + self.end_seconds


def calibrate(recipe: Recipe, folder: Path) -> Calibration:
    """Train a few steps of a recipe in a temporary folder.

    Args:
        folder: What the recipe's paths are relative to.

    Raises:
        RunError: they could not be made, or took too long.
    """
    heard: list[Heard] = []
    with tempfile.TemporaryDirectory() as out:
        training = train_alone(_few_steps(recipe), folder, Path(out) / "adapter", Path(out) / "log", patience=_PATIENCE)
        with closing(training):
            for one in training:
                heard.append(one)
                if _is_enough(heard, recipe):
                    break
    return calibration(heard)


def calibration(heard: Sequence[Heard]) -> Calibration:
    """The figures of steps that were tried.

    Raises:
        RunError: there are fewer than three.
    """
    steps = [one for one in heard if not one.saved]
    if len(steps) < 3:
        raise RunError(f"fewer than three steps in {_PATIENCE:.0f} s")
    seconds = [later.at - one.at for one, later in pairwise(steps)]
    speeds = [(later.tokens - one.tokens) / (later.at - one.at) for one, later in pairwise(steps)]
    return Calibration(
        steps=len(seconds),
        step_seconds=statistics.median(seconds),
        speed=statistics.median(speeds),
        slowest=min(speeds),
        fastest=max(speeds),
        start_seconds=steps[0].at,
        start_tokens=steps[0].tokens,
        end_seconds=heard[-1].at - steps[-1].at,
        memory=heard[-1].memory,
        memory_of=heard[-1].memory_of,
    )


def _is_enough(heard: Sequence[Heard], recipe: Recipe) -> bool:
    first, newest = heard[0], heard[-1]
    # A whole model is not written for the sake of its time: it may be larger than the temporary folder has room.
    saves = not isinstance(recipe.method, Full)
    return (len(heard) >= 3 and newest.at - first.at > _ENOUGH) or (newest.step == newest.steps and not saves)


def _few_steps(recipe: Recipe) -> Recipe:
    schedule = recipe.schedule.model_copy(update={"epochs": None, "max_steps": _STEPS, "save_every": None})
    left_out = {"evaluation": Evaluation(), "forgetting": None, "canaries": None, "tune": None}
    return recipe.model_copy(update={"schedule": schedule, **left_out})
