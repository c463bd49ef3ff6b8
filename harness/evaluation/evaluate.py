"""The loop: plan, prove the adapters alive, ask, score, write. Small, because the rooms do the work."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from harness.engines import Encoder
from harness.engines.release import releasing
from harness.evaluation.ask import Desk
from harness.evaluation.candidates import Candidates, examine
from harness.evaluation.contamination import Contamination, names
from harness.evaluation.desks import is_reference, reference_desk, suite_desk
from harness.evaluation.divergence import describe as describe_divergence
from harness.evaluation.divergence import probe_divergence
from harness.evaluation.isolation import check_isolation
from harness.evaluation.leakage import describe as describe_leakage
from harness.evaluation.leakage import probe_leakage
from harness.evaluation.liveness import prove_alive
from harness.evaluation.manifest import manifest
from harness.evaluation.noise import audit_noise
from harness.evaluation.noise import describe as describe_noise
from harness.evaluation.parity import describe as describe_parity
from harness.evaluation.parity import probe
from harness.evaluation.plan import Plan, check_lengths, check_rules, make_plan
from harness.evaluation.probe import NOISE_TASK, TASK
from harness.evaluation.sequential import Asked, Referee, ask_until_decided
from harness.evaluation.suite import Suite, load_suite
from harness.evaluation.write import Answered, answered, write_tables
from harness.records import Response
from harness.records.forgetting import KL_TASK
from harness.records.progress import Progress, silent
from harness.runs import Run, write_json
from harness.tasks import find_tasks


@releasing
def evaluate(
    suite: Suite | Path | str,
    out: Path | str | None = None,
    *,
    cache: Path | None = None,
    progress: Progress = silent,
    referee: Referee | None = None,
) -> Run:
    """Put every task of a suite to every model and score the answers.

    A run that was killed goes on where it stopped when called again with the same folder.

    Args:
        suite: A suite, or the path of its file.
        out: The run folder; ``runs/<name of the suite>`` if left out.
        cache: A file of answers shared between runs.
        progress: Told what is happening.
        referee: Ends the sampling of each task as soon as its rules are decided (`harness.gate.until_decided`); all
            samples are taken if left out.

    Raises:
        InputError: the suite, a task or a model is unusable, or an adapter changes nothing.
        RunError: the run broke.
        Unavailable: a task runs generated code, which this machine cannot contain as demanded.
    """
    if not isinstance(suite, Suite):
        suite = load_suite(suite)
    tasks = find_tasks(suite.tasks, folder=suite.folder)
    check_rules(suite, tasks)
    check_isolation(tasks, suite.sandbox)
    contamination = Contamination(suite)
    candidates = examine(suite)
    base = candidates.models[0].base
    encoder = Encoder.load(base.folder)
    # A limit, be it larger than any data, puts the samples into random order.
    limit = suite.limit or (sys.maxsize if referee else None)
    plan = make_plan(tasks, candidates.models, limit, suite.seed, suite.part)
    check_lengths(plan, encoder, suite.engine.max_model_len or base.context_length)
    run = Run(out or Path("runs") / suite.suite)
    before = run.manifest.get("engine") if run.manifest_path.is_file() else None
    with suite_desk(suite, candidates, encoder, run, cache) as desk:
        write_json(run.manifest_path, manifest(suite, tasks, candidates, plan, state="running"))
        pulses, candidates = prove_alive(suite, plan, candidates, desk, progress)
        plan = plan.without([row.name for row in candidates.rows if row.status == "refused"])
        reference = reference_desk(suite, candidates, encoder, run, cache)
        parity = _probe_parity(suite, plan, candidates, (desk, reference), progress)
        asked = _ask(plan, candidates, referee, desk, progress)
        noise = audit_noise(asked.plan, asked.answers, suite.noise, desk, progress) if suite.noise else {}
        leaks = _probe_leakage(suite, candidates, encoder, desk, progress)
        unmerged = partial(reference_desk, suite, candidates, encoder, run, cache)
        moved = _probe_divergence(suite, plan, candidates, desk, unmerged, progress)
        engine = desk.engine.describe() if desk.engine else before
    probed, entries = _probes(suite, parity, noise, leaks, moved)
    everything = [*(answered(task, asked.plan, asked.answers) for task in tasks), *probed]
    write_tables(run, everything, progress, contamination.of({task.name for task in tasks}))
    done = manifest(suite, tasks, candidates, asked.plan, pulses, entries, engine, asked.entries, state="complete")
    write_json(run.manifest_path, done | {"tasks": names(done["tasks"], contamination.metrics)})
    return run


def _probes(
    suite: Suite,
    parity: dict[str, list[Response]],
    noise: dict[str, list[Response]],
    leaks: dict[str, dict[str, list[Response]]],
    moved: dict[str, list[Response]],
) -> tuple[list[Answered], list[dict[str, Any]]]:
    """The suite's probes as tasks: what is scored, and their entries in the manifest."""
    probed, entries = [], []
    if suite.parity:
        probed.append(Answered(TASK, suite.parity.metrics(), parity))
        entries.append(describe_parity(suite.parity, parity))
    if suite.noise:
        probed.append(Answered(NOISE_TASK, suite.noise.metrics(), noise))
        entries.append(describe_noise(suite.noise, noise))
    if suite.leakage:
        probed += [Answered(name, metrics, leaks[name]) for name, metrics in suite.leakage.tasks.items()]
        entries += describe_leakage(suite.leakage, leaks)
    if suite.forgetting and suite.forgetting.kl:
        probed.append(Answered(KL_TASK, suite.forgetting.metrics(), moved))
        entries.append(describe_divergence(suite.forgetting, moved))
    return probed, entries


def _ask(plan: Plan, candidates: Candidates, referee: Referee | None, desk: Desk, progress: Progress) -> Asked:
    if referee is None:
        return Asked(plan, desk.ask(plan.requests, "asking the models", progress))
    return ask_until_decided(plan, candidates.rows, referee, desk, progress)


def _probe_leakage(
    suite: Suite, candidates: Candidates, encoder: Encoder, desk: Desk, progress: Progress
) -> dict[str, dict[str, list[Response]]]:
    if suite.leakage is None:
        return {}
    names = [model.name for model in candidates.models]
    return probe_leakage(
        suite.leakage, suite.folder, names, suite.base_name, encoder, suite.seed, desk=desk, progress=progress
    )


def _probe_parity(
    suite: Suite, plan: Plan, candidates: Candidates, desks: tuple[Desk, Desk], progress: Progress
) -> dict[str, list[Response]]:
    if suite.parity is None:
        return {}
    served, reference = desks
    with reference:
        return probe(plan, candidates.models, suite.parity, served, reference, progress)


def _probe_divergence(
    suite: Suite, plan: Plan, candidates: Candidates, desk: Desk, unmerged: Callable[[], Desk], progress: Progress
) -> dict[str, list[Response]]:
    if suite.forgetting is None or not suite.forgetting.kl:
        return {}
    names = [model.name for model in candidates.models]
    if is_reference(suite.engine):
        return probe_divergence(plan, suite.forgetting, names, suite.base_name, desk, progress)
    with unmerged() as reference:
        return probe_divergence(plan, suite.forgetting, names, suite.base_name, reference, progress)
