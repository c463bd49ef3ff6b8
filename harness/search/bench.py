"""What trainings of a search are measured with: one suite for all of them, on one part of its samples or the other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.comparison import compare
from harness.evaluation import ModelEntry, Suite, evaluate, load_suite
from harness.evaluation.forgetting import probe_tasks
from harness.evaluation.part import Part
from harness.evaluation.plan import check_rules, rule_rows
from harness.gate import gate_run
from harness.metrics import Metric
from harness.records import Comparison, InputError, Verdict, content_hash, nearest
from harness.records.progress import Progress
from harness.runs import Run
from harness.tasks import Task, find_tasks
from harness.training import Recipe
from harness.training.data.sources import located
from harness.training.recipes.tuning import Tuning


@dataclass(frozen=True)
class Measured:
    """A run of some adapters beside the base, compared and decided."""

    run: Run
    comparison: Comparison
    verdict: Verdict | None


@dataclass(frozen=True)
class Bench:
    """A suite without candidates, and the figure that is looked at.

    Attributes:
        metric: The objective's, of the task ``task``.
        probes: Tasks that forgetting is measured on.
        cache: File of answers that all runs share: the base is asked each prompt once.
        trained_on: The training files of every candidate.
    """

    suite: Suite
    task: str
    metric: Metric
    probes: tuple[str, ...]
    fingerprint: str
    cache: Path
    trained_on: list[str]

    def measure(
        self, adapters: Mapping[str, Path], out: Path, progress: Progress, part: Part | None = None
    ) -> Measured:
        """Evaluate adapters beside the base in one pass, compare them, and decide by the suite's rules if it has any.

        Raises:
            InputError: an adapter cannot be used; with several of them it is left out instead.
            RunError: the run broke.
        """
        run = evaluate(self._with(adapters, part), out, cache=self.cache, progress=progress)
        rules = self.suite.gate
        named = sorted({rule.than for rule in rules if rule.than and rule.than not in ("base", "baseline")})
        comparison = compare(run, models=named, rules=rules)
        return Measured(run, comparison, gate_run(run) if rules and adapters else None)

    def refuse_taken(self, names: Iterable[str]) -> None:
        """Make sure that adapters can have these names beside the models that stay in the suite.

        Raises:
            InputError: one of those has the name.
        """
        if taken := sorted(set(names) & set(self._kept())):
            raise InputError(
                f"the suite has a model {taken[0]!r} of its own", where="methods", mend="name it otherwise"
            )

    def measure_base(self, base: Path, out: Path, progress: Progress, part: Part | None = None) -> Run:
        """Evaluate a base that training made in the place of the suite's, without any adapter."""
        name = self.suite.base_name
        changes: dict[str, Any] = {"base": str(base.resolve()), "revision": None, "models": {name: ModelEntry()}}
        changes |= {"baseline": None, "gate": [], "contamination": {}, "part": part}
        suite = self.suite.model_copy(update=changes)
        suite._folder = self.suite.folder
        return evaluate(suite, out, cache=self.cache, progress=progress)

    def _with(self, adapters: Mapping[str, Path], part: Part | None) -> Suite:
        suite, kept = self.suite, self._kept()
        models = kept | {name: ModelEntry(adapter=str(path.resolve())) for name, path in adapters.items()}
        contamination = {name: files for name, files in suite.contamination.items() if name in kept}
        if suite.contamination:
            contamination |= dict.fromkeys(adapters, self.trained_on)
        changes: dict[str, Any] = {"models": models, "part": part, "contamination": contamination}
        changes["refused"] = "exclude" if len(adapters) > 1 else "stop"
        made = suite.model_copy(update=changes)
        made._folder = suite.folder
        return made

    def _kept(self) -> dict[str, ModelEntry]:
        """The models that every run holds: the base, and what it or a rule compares with."""
        suite = self.suite
        named = {suite.base_name, suite.baseline_name, *(rule.than for rule in suite.gate)}
        return {name: entry for name, entry in suite.models.items() if name in named}


def open_bench(
    recipe: Recipe, folder: Path, cache: Path, *, tuning: Tuning, objective_from: str = "tune.objective"
) -> Bench:
    """The bench of a recipe's ``tune`` section.

    Args:
        objective_from: Where the user wrote the objective, for errors.

    Raises:
        InputError: the suite cannot be read, or it lacks what the objective names.
    """
    suite = _suite(recipe, folder, tuning)
    if tuning.subject_to == "gate" and not suite.gate:
        raise InputError("subject_to: gate, but the suite has no rules", where="tune", mend="add gate: to the suite")
    found = _open(recipe, folder, cache, suite, tuning.objective, objective_from)
    if tuning.against == "forgetting" and not found.probes:
        raise InputError(
            "against: forgetting, but the suite has no probe", where="tune", mend="add a task tagged forgetting"
        )
    return found


def open_suite(recipe: Recipe, folder: Path, cache: Path, suite: Path, objective: str | None) -> Bench:
    """The bench of a suite's file; without an objective the first metric of its first task.

    Raises:
        InputError: the suite cannot be read, or it lacks what the objective names.
    """
    return _open(recipe, folder, cache, _rebased(load_suite(suite), recipe, folder), objective, "--objective")


def _open(recipe: Recipe, folder: Path, cache: Path, suite: Suite, objective: str | None, where: str) -> Bench:
    tasks = find_tasks(suite.tasks, folder=suite.folder)
    check_rules(suite, tasks)
    task, metric = _target(objective or tasks[0].name, tasks, where)
    return Bench(
        suite=suite,
        task=task.name,
        metric=metric,
        probes=tuple(row.name for row in probe_tasks(suite.forgetting, rule_rows(suite, tasks))),
        fingerprint=content_hash([suite.model_dump(mode="json"), [one.fingerprint for one in tasks]]),
        cache=cache,
        trained_on=[located(file, folder) for file in recipe.files],
    )


def _suite(recipe: Recipe, folder: Path, tuning: Tuning) -> Suite:
    if tuning.suite:
        return _rebased(load_suite(folder / tuning.suite), recipe, folder)
    try:
        suite = Suite(
            suite=f"{recipe.adapter}-tune",
            models={"base": ModelEntry()},
            tasks=tuning.tasks,
            limit=tuning.limit,
            gate=tuning.gate,
        )
    except ValidationError as error:
        raise InputError(error.errors()[0]["msg"].removeprefix("Value error, "), where="tune") from None
    suite._folder = folder.resolve()
    return _rebased(suite, recipe, folder)


def _rebased(suite: Suite, recipe: Recipe, folder: Path) -> Suite:
    """The suite over the base of the recipe, wherever the two files lie."""
    local = folder / Path(recipe.base).expanduser()
    base = str(local.resolve()) if local.is_dir() else recipe.base
    made = suite.model_copy(update={"base": base, "revision": recipe.revision})
    made._folder = suite.folder
    return made


def _target(objective: str, tasks: Sequence[Task], where: str) -> tuple[Task, Metric]:
    """The task and metric that ``TASK`` or ``TASK/METRIC`` names."""
    by_name = {task.name: task for task in tasks}
    name, slash, wanted = objective.rpartition("/")
    if objective in by_name or not slash:
        name, wanted = objective, ""
    if name not in by_name:
        raise InputError(f"no task {name!r} in the suite", where=where, mend=nearest(name, list(by_name)))
    metrics = {metric.name: metric for metric in by_name[name].metrics}
    if not wanted:
        return by_name[name], by_name[name].metrics[0]
    if wanted not in metrics:
        raise InputError(f"task {name!r} has no metric {wanted!r}", where=where, mend=nearest(wanted, list(metrics)))
    return by_name[name], metrics[wanted]
