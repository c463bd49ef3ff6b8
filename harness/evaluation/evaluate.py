"""The loop: plan, prove the adapters alive, ask, score, write. Small, because the rooms do the work."""

from collections.abc import Sequence
from pathlib import Path

from harness.engines import Encoder, Engine, numerics, open_engine
from harness.evaluation.ask import Desk
from harness.evaluation.candidates import Candidates, examine
from harness.evaluation.liveness import Pulse, fault, liveness_requests, take_pulses
from harness.evaluation.manifest import manifest
from harness.evaluation.plan import Plan, check_lengths, check_rules, make_plan
from harness.evaluation.scoring import score_responses
from harness.evaluation.suite import Suite, load_suite
from harness.records import Answer, InputError, Request, Response
from harness.records.progress import Progress, silent
from harness.runs import SAMPLES, SCORES, AnswerStore, Run, sample_row, write_json, write_table
from harness.tasks import Task, find_tasks


def evaluate(
    suite: Suite | Path | str, out: Path | str | None = None, *, cache: Path | None = None, progress: Progress = silent
) -> Run:
    """Put every task of a suite to every model and score the answers.

    A run that was killed goes on where it stopped when called again with the same folder.

    Args:
        suite: A suite, or the path of its file.
        out: The run folder; ``runs/<name of the suite>`` if left out.
        cache: A file of answers shared between runs.
        progress: Told what is happening.

    Raises:
        InputError: the suite, a task or a model is unusable, or an adapter changes nothing.
        RunError: the run broke.
    """
    if not isinstance(suite, Suite):
        suite = load_suite(suite)
    tasks = find_tasks(suite.tasks, folder=suite.folder)
    check_rules(suite.gate, tasks)
    candidates = examine(suite)
    base = candidates.models[0].base
    encoder = Encoder.load(base.folder)
    plan = make_plan(tasks, candidates.models, suite.limit, suite.seed)
    check_lengths(plan, encoder, suite.engine.max_model_len or base.context_length)
    run = Run(out or Path("runs") / suite.suite)
    desk = _desk(suite, candidates, encoder, run, cache)
    try:
        write_json(run.manifest_path, manifest(suite, tasks, candidates, plan, {}, None, "running"))
        pulses, candidates = _prove_alive(suite, plan, candidates, desk, progress)
        plan = plan.without([row.name for row in candidates.rows if row.status == "refused"])
        answers = desk.ask(plan.requests, "asking the models", progress)
        engine = desk.engine.describe() if desk.engine else _engine_before(run)
    finally:
        desk.close()
    _write(run, tasks, plan, answers, progress)
    write_json(run.manifest_path, manifest(suite, tasks, candidates, plan, pulses, engine, "complete"))
    return run


def _desk(suite: Suite, candidates: Candidates, encoder: Encoder, run: Run, cache: Path | None) -> Desk:
    def opened() -> Engine:
        return open_engine(suite.engine, candidates.models, encoder)

    stores = [AnswerStore(path) for path in (run.answers_path, cache) if path is not None]
    settings = numerics(suite.engine)
    return Desk(stores, {model.name: f"{model.fingerprint}|{settings}" for model in candidates.models}, opened)


def _prove_alive(
    suite: Suite, plan: Plan, candidates: Candidates, desk: Desk, progress: Progress
) -> tuple[dict[str, Pulse], Candidates]:
    if len(candidates.models) < 2:
        return {}, candidates
    asked = liveness_requests(plan, candidates.models)
    answers = desk.ask([one for some in asked.values() for one in some], "checking that each adapter acts", progress)
    pulses = take_pulses(asked, answers, suite.base_name)
    models = {model.name: model for model in candidates.models}
    dead = {name: why for name, pulse in pulses.items() if (why := fault(pulse, models[name]))}
    if dead and suite.refused == "stop":
        name, reason = next(iter(dead.items()))
        raise InputError(reason, where=f"model {name!r}")
    return pulses, candidates.without(dead)


def _write(run: Run, tasks: Sequence[Task], plan: Plan, answers: dict[Request, Answer], progress: Progress) -> None:
    for done, task in enumerate(tasks):
        progress("scoring", done, len(tasks))
        responses: dict[str, list[Response]] = {}
        for question in plan.questions:
            if question.task is task:
                given = [answers[request] for request in question.requests]
                responses.setdefault(question.model, []).append(task.response(question.sample, given))
        rows = [sample_row(model, response) for model, some in responses.items() for response in some]
        write_table(run.samples_folder / f"{task.name}.parquet", rows, SAMPLES)
        scores = score_responses(task.name, task.metrics, responses)
        write_table(run.scores_folder / f"{task.name}.parquet", scores, SCORES)
    progress("scoring", len(tasks), len(tasks))
    _drop_stale(run, {task.name for task in tasks})


def _drop_stale(run: Run, kept: set[str]) -> None:
    """Tables of tasks that an earlier version of the suite had must not be counted into this run."""
    for folder in (run.samples_folder, run.scores_folder):
        for path in folder.glob("*.parquet"):
            if path.stem not in kept:
                path.unlink()


def _engine_before(run: Run) -> dict[str, object] | None:
    return run.manifest.get("engine")
