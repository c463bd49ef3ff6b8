"""One trial of a search: train the recipe with the chosen values, measure the adapter, tell the study."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.evaluation.part import Part
from harness.models.examine import TRAINING_RECORD
from harness.records import HarnessError, RunError, Unavailable
from harness.records.progress import Progress
from harness.records.search import Quality
from harness.search.bench import Bench
from harness.search.quality import quality
from harness.search.recipes import write_recipe
from harness.search.space import recipe_with
from harness.training import Recipe, Step, train
from harness.training.jobs.job import Stopped
from harness.training.recipes.tuning import Tuning

if TYPE_CHECKING:
    from optuna import Study, Trial

#: User attributes of a trial in the study.
QUALITY, REASON, STEPS, SECONDS = "quality", "reason", "steps", "seconds"


class Pruned(Exception):
    """Ends a training that the study has given up; says why."""


@dataclass(frozen=True)
class Ground:
    """What all trials of a search share.

    Attributes:
        folder: What the recipe's paths are relative to.
        seen: The part of the samples that the search may see.
    """

    recipe: Recipe
    tuning: Tuning
    folder: Path
    out: Path
    bench: Bench
    seen: Part

    def home(self, number: int) -> Path:
        """The folder of a trial: ``recipe.yaml``, ``adapter/`` and ``run/``."""
        return self.out / "trials" / f"{number:04d}"


def model_name(number: int) -> str:
    """What a trial is called in runs."""
    return f"trial-{number:04d}"


def play(study: "Study", trial: "Trial", ground: Ground, progress: Progress, warn: Callable[[str], None]) -> None:
    """Carry out a trial and tell the study how it ended. Whatever a kill left of it is gone on with.

    Raises:
        Unavailable: this machine lacks what every trial needs.
        RunError: the trial's training was asked to stop; it can go on.
    """
    from optuna.trial import TrialState

    started = time.monotonic()
    try:
        found = _measured(trial, ground, progress, warn)
    except (Unavailable, Stopped):
        raise
    except (Pruned, HarnessError) as error:
        trial.set_user_attr(REASON, str(error))
        trial.set_user_attr(SECONDS, round(time.monotonic() - started, 3))
        study.tell(trial, state=TrialState.PRUNED if isinstance(error, Pruned) else TrialState.FAIL)
        shutil.rmtree(ground.home(trial.number) / ".adapter.partial", ignore_errors=True)
        return
    trial.set_user_attr(QUALITY, found.model_dump(mode="json"))
    trial.set_user_attr(SECONDS, round(time.monotonic() - started, 3))
    if ground.tuning.subject_to:
        trial.set_constraint("gate", float(len(found.failed_rules)))
    study.tell(trial, _values(found, ground))


def _measured(trial: "Trial", ground: Ground, progress: Progress, warn: Callable[[str], None]) -> Quality:
    home, name = ground.home(trial.number), model_name(trial.number)
    recipe = recipe_with(ground.recipe, trial.params)
    write_recipe(recipe, ground.folder, home / "recipe.yaml")
    adapter = home / "adapter"
    # Training puts its folder in place whole: where it lies, a kill came after it.
    if not (adapter / TRAINING_RECORD).is_file():
        watch = _Watch(trial, ground)
        train(recipe, adapter, folder=ground.folder, progress=progress, watch=watch, warn=warn)
    bench = ground.bench
    measured = bench.measure({name: adapter}, home / "run", progress, ground.seen)
    found = quality(measured.comparison, measured.verdict, name, bench.task, bench.metric)
    if found.forgetting is None and ground.tuning.against:
        raise RunError("no probe gave a figure to measure forgetting by", where=name)
    return found


def _values(found: Quality, ground: Ground) -> list[float]:
    if ground.tuning.against and found.forgetting:
        return [found.gain.value, found.forgetting.value]
    return [found.score.value]


class _Watch:
    """Tells the study the held-out loss at each measurement, and ends a training that it gives up."""

    def __init__(self, trial: "Trial", ground: Ground) -> None:
        self._trial, self._pruning = trial, ground.tuning.pruner != "none"
        # The pruner compares in the direction of the objective, in which a loss goes the other way or not.
        self._sign = -1.0 if ground.bench.metric.greater_is_better else 1.0

    def __call__(self, step: Step) -> None:
        if not self._pruning or step.held_out_loss is None:
            return
        self._trial.report(self._sign * step.held_out_loss, step.step)
        if step.step < step.steps and self._trial.should_prune():
            self._trial.set_user_attr(STEPS, step.step)
            raise Pruned(f"held-out loss {step.held_out_loss:.3f} at step {step.step} of {step.steps} fell behind")
