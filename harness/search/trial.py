"""One trial of a search: train the recipe with the chosen values, measure the adapter, tell the study."""

import shutil
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.evaluation.part import Part
from harness.records import HarnessError, RunError, Unavailable
from harness.records.progress import Progress
from harness.records.search import Quality
from harness.search.bench import Bench
from harness.search.merged import measure
from harness.search.quality import quality
from harness.search.recipes import write_recipe
from harness.search.space import recipe_with
from harness.search.trained import training_record
from harness.training import Recipe, Step, prepare, train
from harness.training.jobs.job import Stopped
from harness.training.recipes.methods import Full
from harness.training.recipes.tuning import Tuning
from harness.training.unsaved import Unsaved

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
        """The folder of a trial: ``recipe.yaml``, ``adapter/`` or ``model/``, and ``run/``."""
        return self.out / "trials" / f"{number:04d}"

    def judge(self, trials: Mapping[int, Recipe], out: Path, progress: Progress, part: Part) -> dict[int, Quality]:
        """What a part of the samples says of trials that are trained, in one pass.

        Raises:
            RunError: the run broke, or a goal has no number.
        """
        adapters: dict[str, Path] = {}
        bases: dict[str, Path] = {}
        for number, recipe in trials.items():
            chosen = bases if isinstance(recipe.method, Full) else adapters
            chosen[model_name(number)] = self.home(number) / made_folder(recipe)
        _, comparison, verdict = measure(self.bench, adapters, bases, out, progress, part)
        return {
            number: quality(comparison, verdict, model_name(number), self.bench.task, self.bench.metric)
            for number in trials
        }


def model_name(number: int) -> str:
    """What a trial is called in runs."""
    return f"trial-{number:04d}"


def made_folder(recipe: Recipe) -> str:
    """What the folder of the weights that a training makes is called: full fine-tuning makes a whole model."""
    return "model" if isinstance(recipe.method, Full) else "adapter"


def play(study: "Study", trial: "Trial", ground: Ground, progress: Progress, warn: Callable[[str], None]) -> None:
    """Carry out a trial and tell the study how it ended. Whatever a kill left of it is gone on with.

    Raises:
        Unavailable: this machine lacks what every trial needs.
        RunError: the trial's training was asked to stop, or the machine refused it something; it can go on.
    """
    from optuna.trial import TrialState

    started = time.monotonic()
    try:
        found = _measured(trial, ground, progress, warn)
    except (Unavailable, Stopped):
        raise
    except (Pruned, HarnessError) as error:
        if _is_of_the_machine(error):
            raise
        trial.set_user_attr(REASON, str(error))
        trial.set_user_attr(SECONDS, round(time.monotonic() - started, 3))
        study.tell(trial, state=TrialState.PRUNED if isinstance(error, Pruned) else TrialState.FAIL)
        for left in ground.home(trial.number).glob(".*.partial"):
            shutil.rmtree(left, ignore_errors=True)
        return
    trial.set_user_attr(QUALITY, found.model_dump(mode="json"))
    trial.set_user_attr(SECONDS, round(time.monotonic() - started, 3))
    if ground.tuning.subject_to:
        trial.set_constraint("gate", float(len(found.failed_rules)))
    study.tell(trial, _values(found, ground))


def _measured(trial: "Trial", ground: Ground, progress: Progress, warn: Callable[[str], None]) -> Quality:
    home = ground.home(trial.number)
    recipe = recipe_with(ground.recipe, trial.params)
    write_recipe(recipe, ground.folder, home / "recipe.yaml")
    made = home / made_folder(recipe)
    # Training puts its folder in place whole: where one of this recipe and data lies, a kill came after it.
    known = training_record(made).get("fingerprint")
    if known is None or known != prepare(recipe, ground.folder).fingerprint:
        watch = _Watch(trial, ground)
        train(recipe, made, folder=ground.folder, progress=progress, watch=watch, warn=warn)
    found = ground.judge({trial.number: recipe}, home / "run", progress, ground.seen)[trial.number]
    if found.forgetting is None and ground.tuning.against:
        raise RunError("no probe gave a figure to measure forgetting by", where=model_name(trial.number))
    return found


def _is_of_the_machine(error: BaseException) -> bool:
    """Whether the machine refused something (room, access, a file), which says nothing of the trial's values."""
    return isinstance(error, Unsaved) or (
        isinstance(error, RunError) and isinstance(error.__cause__, OSError | sqlite3.Error)
    )


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
