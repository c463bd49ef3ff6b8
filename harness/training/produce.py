"""One training in its partial folder: the model, the loop, and the finished adapter with its metrics."""

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from harness.models.examine import TRAINING_RECORD
from harness.models.quiet import quiet_libraries
from harness.records.progress import Progress
from harness.training.canaries import write_canaries
from harness.training.folders import last_checkpoint, write_json
from harness.training.follow import Follower
from harness.training.loop.clock import Clock
from harness.training.loop.metric_tables import write_tables
from harness.training.loop.plan import make_plan
from harness.training.loop.processes import check_devices, is_first_process, process_count, said_anywhere
from harness.training.loop.steps import Step, StepLog
from harness.training.loop.tracking import Followed, Tracking
from harness.training.record import training_record
from harness.training.rows.prepare import Prepared


def produce(
    prepared: Prepared,
    partial: Path,
    target: Path,
    *,
    clock: Clock,
    watch: Callable[[Step], None],
    stop: Callable[[], bool] | None,
    say: Callable[[str], None],
    progress: Progress,
) -> None:
    """Run the loop in the partial folder; the first process leaves the finished adapter in its ``adapter`` folder.

    Args:
        target: Where the adapter will appear; trackers write beside it.
        clock: Runs since the training began, earlier stretches included.
        watch: Called with each step.
        stop: Asked after each step whether to end with a checkpoint.
        say: Called with each warning.
        progress: Called with how far each measurement of what was forgotten is.
    """
    quiet_libraries()
    from harness.training.adapted import save_trained, trainable_model, training_dtype
    from harness.training.forgetting.guard import open_guard
    from harness.training.jobs.stop import StopWhenAsked
    from harness.training.loop.run import run_loop
    from harness.training.moved_base import keep_start

    check_devices()
    recipe, dtype = prepared.recipe, training_dtype(prepared.recipe.dtype)
    checkpoint = last_checkpoint(partial)
    resumed_from = int(checkpoint.name.rpartition("-")[2]) if checkpoint else 0
    plan = make_plan(prepared, process_count())
    model = trainable_model(prepared.base, recipe, dtype, plan.steps, prepared.start)
    start = keep_start(model, recipe, partial)
    trained_parameters = sum(p.numel() for p in model.parameters() if p.requires_grad)
    guard = open_guard(prepared, partial, dtype, resumed_from, say, progress)
    beside = [*([StopWhenAsked(lambda: said_anywhere(stop()))] if stop else []), *([guard] if guard else [])]
    with closing(_tracking(prepared, target, resumed_from, say)) as tracking:
        log = StepLog(partial / "metrics.jsonl", resumed_from)
        tell = Follower(recipe, plan, log, tracking, say, watch)
        outcome = run_loop(
            model, plan, recipe, partial, pad=prepared.pad, dtype=dtype, clock=clock, watch=tell, callbacks=beside
        )
        tell.conclude()
    if guard:
        outcome = guard.conclude(model, outcome)
    if not is_first_process():
        return
    finished = partial / "adapter"
    shutil.rmtree(finished, ignore_errors=True)
    sequences = [one for row in prepared.rows for one in row.sequences]
    save_trained(model, prepared.base, recipe, finished, start, sequences)
    shutil.copyfile(log.path, finished / "metrics.jsonl")
    write_tables(log.steps, finished)
    if recipe.canaries:
        write_canaries(recipe.canaries, finished)
    record = training_record(prepared, plan, outcome, log, [*(guard.warnings if guard else []), *tell.warnings]) | {
        "dtype": dtype,
        "trained_parameters": trained_parameters,
        "resumed_from_step": resumed_from,
        "seconds": round(clock.seconds, 3),
        **(guard.finish(finished) if guard else {}),
    }
    write_json(finished / TRAINING_RECORD, record)


def _tracking(prepared: Prepared, target: Path, resumed_from: int, say: Callable[[str], None]) -> Tracking:
    recipe = prepared.recipe
    followed = Followed(
        folder=target.parent / "tracking",
        name=recipe.adapter,
        identity=prepared.fingerprint,
        settings=recipe.model_dump(mode="json"),
        resumed_from=resumed_from,
    )
    return Tracking(recipe.track if is_first_process() else [], followed, say)
