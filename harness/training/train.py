"""Recipe and data to a trained adapter: read, check, encode, train, save. A killed training goes on from there."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.models import Adapter, Base, resolve_adapter, resolve_base
from harness.models.examine import TRAINING_RECORD
from harness.models.quiet import quiet_libraries
from harness.records import RunError
from harness.records.progress import Progress, silent
from harness.training.canaries import write_canaries
from harness.training.folders import begin, publish, refuse_foreign_folder, write_json
from harness.training.jobs.job import Job
from harness.training.methods import Full
from harness.training.plan import make_plan
from harness.training.preference_figures import preference_figures
from harness.training.prepare import Prepared, library_versions, prepare
from harness.training.processes import process_count
from harness.training.recipe import Recipe, read_recipe
from harness.training.steps import Step, StepLog, advice, loss_summary


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
    versions, what the data doctor found, losses) and ``metrics.jsonl`` (one line a step). Until then the work lies in
    ``.<name>.partial`` beside it, from which the same recipe goes on after a kill. On one machine, equal recipe, data
    and seed give equal bytes.

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
    """
    if not isinstance(recipe, Recipe):
        folder, recipe = Path(recipe).parent, read_recipe(Path(recipe))
    if seed is not None:
        recipe = Recipe.model_validate(recipe.model_dump() | {"seed": seed})
    target = Path(out) if out is not None else Path("out") / recipe.adapter
    refuse_foreign_folder(target)
    say = warn or (lambda text: None)
    with Job(target) as job:
        prepared = prepare(recipe, folder)
        for warning in prepared.diagnosis.warnings:
            say(warning)
        try:
            job.begin(recipe.adapter)
            partial = begin(target, prepared.fingerprint)
            for warning in _train_into(prepared, partial, _tell(recipe, progress, job, watch), stop, say):
                say(warning)
            publish(partial, target)
        except OSError as error:
            raise RunError(f"cannot be saved ({error})", where=str(target), mend="free space or fix access") from error
    resolve = resolve_base if isinstance(recipe.method, Full) else resolve_adapter
    return resolve(str(target.resolve()))


def _tell(recipe: Recipe, progress: Progress, job: Job, watch: Callable[[Step], None] | None) -> Callable[[Step], None]:
    def tell(step: Step) -> None:
        job.tell(step)
        progress(f"train {recipe.adapter}", step.step, step.steps)
        if watch:
            watch(step)

    return tell


def _train_into(
    prepared: Prepared,
    partial: Path,
    watch: Callable[[Step], None],
    stop: Callable[[], bool] | None,
    say: Callable[[str], None],
) -> list[str]:
    """Run the loop in the partial folder and leave the finished adapter in its ``adapter`` folder."""
    quiet_libraries()
    from harness.training.adapted import save_trained, trainable_model, training_dtype
    from harness.training.forgetting.guard import open_guard
    from harness.training.jobs.stop import StopWhenAsked
    from harness.training.loop import last_checkpoint, run_loop
    from harness.training.moved_base import keep_start

    recipe = prepared.recipe
    dtype = training_dtype(recipe.dtype)
    checkpoint = last_checkpoint(partial)
    resumed_from = int(checkpoint.name.rpartition("-")[2]) if checkpoint else 0
    log = StepLog(partial / "metrics.jsonl", resumed_from, watch)
    started = time.monotonic()
    plan = make_plan(prepared, process_count())
    model = trainable_model(prepared.base, recipe, dtype, plan.steps)
    start = keep_start(model, recipe, partial)
    trained_parameters = sum(p.numel() for p in model.parameters() if p.requires_grad)
    guard = open_guard(prepared, partial, dtype, resumed_from, say)
    beside = [*([StopWhenAsked(stop)] if stop else []), *([guard] if guard else [])]
    outcome = run_loop(model, plan, recipe, partial, pad=prepared.pad, dtype=dtype, watch=log, callbacks=beside)
    if guard:
        outcome = guard.conclude(model, outcome)
    finished = partial / "adapter"
    shutil.rmtree(finished, ignore_errors=True)
    sequences = [one for row in prepared.rows for one in row.sequences]
    save_trained(model, prepared.base, recipe, finished, start, sequences)
    shutil.copyfile(partial / "metrics.jsonl", finished / "metrics.jsonl")
    if recipe.canaries:
        write_canaries(recipe.canaries, finished)
    warnings = advice(log.losses)
    record = _record(prepared) | {
        "dtype": dtype,
        "trained_parameters": trained_parameters,
        "learning_rate": recipe.learning_rate,
        "steps": outcome.steps,
        "planned_steps": plan.steps,
        "saved_step": outcome.saved_step,
        "tokens": plan.tokens_at[outcome.steps - 1],
        "processes": process_count(),
        "rows_a_step": plan.rows_a_step,
        "resumed_from_step": resumed_from,
        "seconds": round(time.monotonic() - started, 3),
        "losses": loss_summary(log.losses) | outcome.losses,
        "warnings": [*prepared.diagnosis.warnings, *(guard.warnings if guard else []), *warnings],
        **(guard.finish(finished) if guard else {}),
    }
    if recipe.objective.preferences:
        record["preference"] = preference_figures(finished / "metrics.jsonl", outcome.saved_step)
    write_json(finished / TRAINING_RECORD, record)
    return warnings


def _record(prepared: Prepared) -> dict[str, Any]:
    return {
        "adapter": prepared.recipe.adapter,
        "fingerprint": prepared.fingerprint,
        "recipe": prepared.recipe.model_dump(mode="json"),
        "base": prepared.base.reference,
        "base_fingerprint": prepared.base.fingerprint,
        "data": {
            "fingerprint": prepared.data_fingerprint,
            "files": [{"path": file, "form": read.form, "rows": len(read.examples)}
                      for file, read in zip([*prepared.recipe.files, "canaries"], prepared.files, strict=False)],
            "held_out": len(prepared.held_out),
        },
        "chat_template": prepared.chat,
        "doctor": prepared.diagnosis.to_json() | {"data": prepared.screening.to_json()},
        "versions": library_versions(),
    }  # fmt: skip
