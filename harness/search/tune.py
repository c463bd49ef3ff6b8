"""The search: trial after trial on one part of the samples, then the best of them on the other."""

import shutil
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.evaluation.part import Part
from harness.records import InputError, RunError, content_hash
from harness.records.progress import Progress, silent
from harness.records.search import Confirmed, Quality, Search, TrialRow
from harness.reports.tune import tune_page
from harness.runs import write_json, write_text
from harness.search.bench import open_bench
from harness.search.pareto import best_number, pareto_front
from harness.search.quality import has_points
from harness.search.recipes import write_recipe
from harness.search.space import check_ranges, recipe_with
from harness.search.study import (
    importances,
    next_trial,
    only_search_in,
    open_study,
    refuse_foreign_folder,
    study_errors,
)
from harness.search.trial import QUALITY, REASON, SECONDS, STEPS, Ground, made_folder, play
from harness.training import Recipe, prepare, read_recipe
from harness.training.recipes.tuning import Tuning

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

Tell = Callable[[TrialRow], None]


def tune(
    recipe: Recipe | Path | str,
    out: Path | str | None = None,
    *,
    trials: int | None = None,
    timeout: float | None = None,
    folder: Path = Path(),
    progress: Progress = silent,
    tell: Tell = lambda row: None,
    warn: Callable[[str], None] = lambda text: None,
) -> Search:
    """Search the ranges of a recipe's ``tune`` section.

    Every trial is trained, and measured on one part of each task's samples. The best one (with two goals, the front)
    is measured again on the other part, since the best of many looks better than it is. ``out`` holds the study, a
    folder a trial, ``best/`` with what was trained and its recipe, ``tune.json`` and ``tune.html``. Called again, a
    search goes on where it stopped, the trial at work included; on one machine it makes the trials that it would have
    made. Of whole models (``kind: full``) only those stay that may still be chosen.

    Args:
        recipe: A recipe, or the file of one.
        out: ``out/<adapter>-tune`` if left out.
        trials: Instead of the recipe's number, finished ones included.
        timeout: Instead of the recipe's: seconds of this call after which no trial is begun.
        folder: What the recipe's paths are relative to, when ``recipe`` is not a file.
        progress: Told what is happening; the stage ``trials`` counts them.
        tell: Called with each trial when it has ended.
        warn: Called with each warning, in words.

    Raises:
        InputError: recipe, ranges, suite, data or folder cannot be used; nothing was trained.
        RunError: no trial could be completed, or the machine refused something: room for a file, or the study. Called
            again when it no longer does, the search goes on.
        Unavailable: Optuna, or what every trial needs, is not here.
    """
    if not isinstance(recipe, Recipe):
        folder, recipe = Path(recipe).parent, read_recipe(Path(recipe))
    target = Path(out) if out is not None else Path("out") / f"{recipe.adapter}-tune"
    refuse_foreign_folder(target)
    tuning = _tuning(recipe, trials, timeout)
    check_ranges(recipe, tuning)
    progress("reading tasks and data", 0, 1)
    bench = open_bench(recipe, folder, target / "answers.sqlite", tuning=tuning)
    kept = tuning.model_dump(mode="json", exclude={"trials", "timeout"})
    identity = content_hash([prepare(recipe, folder).fingerprint, kept, bench.fingerprint])
    ground = Ground(recipe, tuning, folder, target, bench, Part(low=tuning.confirm))
    with only_search_in(target), study_errors(target):
        study = open_study(target, tuning, identity, maximize=bench.metric.greater_is_better)
        _search(study, ground, progress, tell, warn)
        rows = [_row(trial) for trial in study.get_trials(deepcopy=False)]
        return _conclude(study, ground, rows, progress)


def _tuning(recipe: Recipe, trials: int | None, timeout: float | None) -> Tuning:
    tuning = recipe.tune
    if tuning is None:
        raise InputError(
            "the recipe has no tune section", where=recipe.adapter, mend="`harness train --explain` says what it holds"
        )
    if tuning.pruner != "none" and not (recipe.evaluation.holds_out and recipe.evaluation.every):
        raise InputError(
            "a pruner watches the held-out loss, which this recipe does not measure", where="tune.pruner",
            mend="set evaluation.fraction and evaluation.every",
        )  # fmt: skip
    changes = {"trials": trials or tuning.trials, "timeout": tuning.timeout if timeout is None else timeout}
    return tuning.model_copy(update=changes)


def _search(study: "Study", ground: Ground, progress: Progress, tell: Tell, warn: Callable[[str], None]) -> None:
    started, tuning = time.monotonic(), ground.tuning
    # Every trial reads the same data, and would say the same of it.
    warn_once = cache(warn)
    while (done := _finished(study)) < tuning.trials:
        progress("trials", done, tuning.trials)
        if tuning.timeout is not None and time.monotonic() - started > tuning.timeout:
            break
        trial = next_trial(study, tuning)
        if trial is None:
            break
        play(study, trial, ground, progress, warn_once)
        rows = [_row(one) for one in study.get_trials(deepcopy=False)]
        _let_go(ground, rows)
        tell(rows[trial.number])
    progress("trials", _finished(study), tuning.trials)


def _finished(study: "Study") -> int:
    return sum(trial.state.is_finished() for trial in study.get_trials(deepcopy=False))


def _row(trial: "FrozenTrial") -> TrialRow:
    """A trial of the study as a plain value."""
    states: dict[str, Any] = {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed"}
    known = trial.user_attrs
    return TrialRow(
        number=trial.number,
        state=states.get(trial.state.name, "unfinished"),
        values=dict(trial.params),
        quality=Quality.model_validate(known[QUALITY]) if trial.state.name == "COMPLETE" else None,
        reason=known.get(REASON, ""),
        steps=known.get(STEPS, 0),
        seconds=known.get(SECONDS, 0.0),
    )


def _conclude(study: "Study", ground: Ground, rows: list[TrialRow], progress: Progress) -> Search:
    """Choose, confirm on fresh samples, and write what was found."""
    if not any(row.quality for row in rows):
        first = next((row.reason for row in rows if row.reason), "the time ran out before the first one ended")
        raise RunError(f"no trial was completed: {first}", where=str(ground.out))
    bench, tuning = ground.bench, ground.tuning
    best, front = _choose(ground, rows)
    confirmed = _confirm(ground, [rows[number] for number in _chosen(ground, rows)], progress)
    search = Search(
        adapter=ground.recipe.adapter,
        base=ground.recipe.base,
        task=bench.task,
        metric=bench.metric.name,
        greater_is_better=bench.metric.greater_is_better,
        bounded=all(has_points(bench.metric, row.quality) for row in rows if row.quality),
        subject_to_gate=tuning.subject_to is not None,
        against_forgetting=tuning.against is not None,
        probes=list(bench.probes),
        confirm=tuning.confirm,
        sampler=tuning.sampler,
        pruner=tuning.pruner,
        seed=tuning.seed,
        planned=tuning.trials,
        trials=rows,
        best=best,
        front=front,
        confirmed=confirmed,
        importances=importances(study, tuning),
    )
    if best is not None:
        _publish(ground, search.trial(best))
    write_json(ground.out / "tune.json", search.model_dump(mode="json"))
    write_text(ground.out / "tune.html", tune_page(search))
    return search


def _choose(ground: Ground, rows: list[TrialRow]) -> tuple[int | None, list[int]]:
    """Number of the best trial so far, and those of the front."""
    gated = ground.tuning.subject_to is not None
    front = pareto_front(rows, gated=gated)
    greater = ground.bench.metric.greater_is_better
    best = best_number(rows, front if ground.tuning.against else None, gated=gated, greater_is_better=greater)
    return best, front


def _chosen(ground: Ground, rows: list[TrialRow]) -> list[int]:
    """Numbers of the trials that fresh samples are for: the best, and with two goals the whole front."""
    best, front = _choose(ground, rows)
    return sorted({best, *(front if ground.tuning.against else [])}) if best is not None else []


def _let_go(ground: Ground, rows: list[TrialRow]) -> None:
    """Remove the whole models that can no longer be chosen, whatever trials follow: each takes the room of the base."""
    chosen = _chosen(ground, rows)
    for row in rows:
        if row.state != "unfinished" and row.number not in chosen:
            shutil.rmtree(ground.home(row.number) / "model", ignore_errors=True)


def _confirm(ground: Ground, rows: list[TrialRow], progress: Progress) -> list[Confirmed]:
    """Put the chosen trials, in one pass, to the samples that no trial was measured on."""
    if not rows:
        return []
    recipes = {row.number: recipe_with(ground.recipe, row.values) for row in rows}
    fresh = Part(high=ground.tuning.confirm)
    found = ground.judge(recipes, ground.out / "confirmation", progress, fresh)
    return [Confirmed(number=number, quality=one) for number, one in found.items()]


def _publish(ground: Ground, best: TrialRow) -> None:
    """Put weights and recipe of the best trial into ``best/``; at no moment is half of them there."""
    target, fresh, earlier = ground.out / "best", ground.out / ".best.part", ground.out / ".best.earlier"
    try:
        for left in (fresh, earlier):
            shutil.rmtree(left, ignore_errors=True)
        recipe = recipe_with(ground.recipe, best.values)
        made = made_folder(recipe)
        shutil.copytree(ground.home(best.number) / made, fresh / made)
        # Written at the folder's final depth, which the paths in it are relative to.
        write_recipe(recipe, ground.folder, fresh / "recipe.yaml")
        if target.is_dir():
            target.rename(earlier)
        fresh.rename(target)
        shutil.rmtree(earlier, ignore_errors=True)
    except OSError as error:
        raise RunError(f"cannot be saved ({error})", where=str(target), mend="free space or fix access") from error
