"""Recipe and data to a trained adapter: read, check, encode, train, save. A killed training goes on from there."""

from collections.abc import Callable
from pathlib import Path

from harness.engines.release import releasing
from harness.models import Adapter, Base, resolve_adapter, resolve_base
from harness.records import InputError
from harness.records.progress import Progress, silent
from harness.training.estimates.memory_advice import memory_advice
from harness.training.folders import begin, last_checkpoint, publish, refuse_foreign_folder, replaced_warning
from harness.training.jobs.job import Job
from harness.training.jobs.status import elsewhere_warning
from harness.training.loop.clock import Clock
from harness.training.loop.processes import end_with_launcher, is_first_process, lost_processes
from harness.training.loop.steps import Step
from harness.training.loop.tracking import check_trackers
from harness.training.produce import produce
from harness.training.recipes.methods import Full
from harness.training.recipes.recipe import Recipe, read_recipe
from harness.training.rows.prepare import prepare
from harness.training.unsaved import told_unsaved


@releasing
def train(
    recipe: Recipe | Path | str,
    out: Path | str | None = None,
    *,
    seed: int | None = None,
    folder: Path = Path(),
    progress: Progress = silent,
    watch: Callable[[Step], None] | None = None,
    warn: Callable[[str], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Adapter | Base:
    """Train the adapter of a recipe, or with ``kind: full`` a new base.

    ``out`` appears whole at the end: a PEFT folder with ``training.json`` (recipe, fingerprints of data and base,
    versions, what the data doctor found, losses) and the metrics of each step and of each pass over the data
    (``metrics.jsonl``, ``metrics.parquet``, ``epochs.parquet``). Until then the work lies in ``.<name>.partial`` beside
    it, from which the same recipe goes on after a kill. On one machine, equal recipe, data and seed give equal bytes.

    Started in several processes by ``accelerate launch``, the first one writes and warns, and all of them return. They
    stop, as by SIGTERM, when their launcher is gone.

    Args:
        recipe: A recipe, or the file of one.
        out: Folder to write; ``out/<adapter>`` if left out. An earlier training there is replaced.
        seed: Instead of the recipe's.
        folder: What the recipe's paths are relative to, when ``recipe`` is not a file.
        progress: Called with the stage, the steps done and the steps in all.
        watch: Called with loss, learning rate and tokens after each step.
        warn: Called with each warning, in words.
        stop: Asked after each step. Where it says so, a checkpoint is saved and the training ends with `Stopped`.

    Raises:
        InputError: recipe, base or data cannot be used, or another process trains into ``out``; nothing was trained.
        RunError: the training broke; starting it again goes on from its last checkpoint.
        LimitCrossed: of ``forgetting``, and no weights of the training are within the limits. Where some are, they are
            saved, and the record says ``stopped``.
    """
    if not isinstance(recipe, Recipe):
        folder, recipe = Path(recipe).parent, read_recipe(Path(recipe))
    if seed is not None:
        recipe = Recipe.model_validate(recipe.model_dump() | {"seed": seed, "track": recipe.track})
    target = Path(out) if out is not None else Path("out") / recipe.adapter
    refuse_foreign_folder(target)
    check_trackers(recipe.track)
    say = warn if warn and is_first_process() else _ignore
    with end_with_launcher(), Job(target) as job:
        prepared = prepare(recipe, folder)
        if prepared.start and prepared.start.adapter.folder == target.resolve():
            raise InputError("would replace the adapter it starts from", where=str(target), mend="name another folder")
        replaced = replaced_warning(target, recipe.adapter)
        for warning in (*filter(None, [elsewhere_warning(target), replaced]), *prepared.diagnosis.warnings):
            say(warning)
        with told_unsaved(target), lost_processes():
            job.begin(recipe.adapter)
            partial = begin(target, prepared.fingerprint)
            with memory_advice(prepared):
                clock = Clock(last_checkpoint(partial))
                tell = _tell(recipe, progress, job, clock, watch)
                produce(prepared, partial, target, clock=clock, watch=tell, stop=stop, say=say, progress=progress)
            publish(partial, target)
    resolve = resolve_base if isinstance(recipe.method, Full) else resolve_adapter
    return resolve(str(target.resolve()))


def _tell(
    recipe: Recipe, progress: Progress, job: Job, clock: Clock, watch: Callable[[Step], None] | None
) -> Callable[[Step], None]:
    def tell(step: Step) -> None:
        job.tell(step, clock.seconds)
        progress(f"train {recipe.adapter}", step.step, step.steps)
        if watch:
            watch(step)

    return tell


def _ignore(text: str) -> None:
    """What is not the first process's to say."""
