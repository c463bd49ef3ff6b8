"""Several methods on one data set: trained one by one, evaluated in one run, and told apart pair by pair."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from harness.comparison import RunScores, Scores, difference
from harness.engines.machine import look_around
from harness.metrics import Metric
from harness.records import Comparison, Difference, HarnessError, InputError, RunError, Verdict
from harness.records.progress import Progress, silent
from harness.records.search import MethodRow, Methods, PairRow, Quality
from harness.reports.methods import methods_markdown, methods_page
from harness.runs import write_json, write_text
from harness.search.bench import Bench, open_bench, open_suite
from harness.search.letters import letters
from harness.search.measured import COST, Cost, train_measured
from harness.search.merged import measure
from harness.search.quality import gain, has_points, quality
from harness.search.recipes import write_recipe
from harness.search.study import only_search_in
from harness.search.trained import training_record
from harness.search.variants import variants
from harness.stats import holm
from harness.training import Recipe, prepare, read_recipe
from harness.training.recipes.methods import Full


@dataclass(frozen=True)
class Trained:
    """What became of one method's training: an adapter and its record, or a reason."""

    name: str
    recipe: Recipe
    folder: Path
    record: dict[str, Any]
    cost: Cost | None
    reason: str = ""

    @property
    def is_base(self) -> bool:
        """Full fine-tuning makes a base of its own."""
        return isinstance(self.recipe.method, Full)


def compare_methods(
    recipe: Path | str,
    methods: str,
    out: Path | str | None = None,
    *,
    suite: Path | None = None,
    objective: str | None = None,
    progress: Progress = silent,
    warn: Callable[[str], None] = lambda text: None,
) -> Methods:
    """Train several methods on a recipe's data with its seed, and evaluate base and adapters in one run.

    ``out`` holds a folder a method, the run, ``methods.json``, ``methods.md`` and ``methods.html``. Called again, what
    is trained is not trained again, and what was begun goes on. A method that fails is a row with the reason.

    Args:
        recipe: File of the recipe whose method is exchanged.
        methods: Kinds with commas between them, or a file (`harness.search.variants.MethodsFile`).
        out: ``out/<adapter>-methods`` if left out.
        suite: What to measure with; that of the recipe's ``tune`` section if left out.
        objective: ``TASK`` or ``TASK/METRIC``; that of the ``tune`` section, or the suite's first task.

    Raises:
        InputError: recipe, methods, suite or data cannot be used; nothing was trained.
        RunError: no method could be trained, or a result cannot be saved.
    """
    folder, read = Path(recipe).parent, read_recipe(Path(recipe))
    target = Path(out) if out is not None else Path("out") / f"{read.adapter}-methods"
    recipes = variants(read, methods)
    progress("reading tasks and data", 0, 1)
    bench = _bench(read, folder, target, suite, objective)
    bench.refuse_taken(recipes)
    prepare(read, folder)
    with only_search_in(target):
        trained = []
        for place, (name, one) in enumerate(recipes.items()):
            progress("methods", place, len(recipes))
            trained.append(_trained(name, one, folder, target / "methods" / name, progress))
            if trained[-1].reason:
                warn(f"{name}: {trained[-1].reason}")
        progress("methods", len(recipes), len(recipes))
        if all(one.reason for one in trained):
            raise RunError(f"no method could be trained; {trained[0].name}: {trained[0].reason}", where=str(target))
        found = _evaluated(bench, trained, target, read, progress)
    write_json(target / "methods.json", found.model_dump(mode="json"))
    write_text(target / "methods.md", methods_markdown(found))
    write_text(target / "methods.html", methods_page(found))
    return found


def _bench(recipe: Recipe, folder: Path, out: Path, suite: Path | None, objective: str | None) -> Bench:
    cache, tuning = out / "answers.sqlite", recipe.tune
    if suite is not None:
        return open_suite(recipe, folder, cache, suite, objective or (tuning.objective if tuning else None))
    if tuning is None:
        raise InputError(
            "nothing to measure with", where=recipe.adapter, mend="give --suite, or the recipe a tune section"
        )
    changes = {"objective": objective or tuning.objective, "subject_to": None, "against": None}
    where = "--objective" if objective else "tune.objective"
    return open_bench(recipe, folder, cache, tuning=tuning.model_copy(update=changes), objective_from=where)


def _trained(name: str, recipe: Recipe, folder: Path, home: Path, progress: Progress) -> Trained:
    """One method's adapter: the one that lies there if it is of this recipe and data, else a new one."""
    adapter, cost = home / "adapter", home / COST
    try:
        write_recipe(recipe, folder, home / "recipe.yaml")
        # As it is read again from there, whatever writing it may have changed.
        recipe = read_recipe(home / "recipe.yaml")
        wanted = prepare(recipe, home).fingerprint
        record = training_record(adapter)
        if record.get("fingerprint") == wanted and cost.is_file():
            spent = Cost.model_validate_json(cost.read_text(encoding="utf-8"))
        else:
            spent = train_measured(recipe, home, adapter, progress, f"train {name}")
        return Trained(name, recipe, adapter, training_record(adapter), spent)
    except HarnessError as error:
        return Trained(name, recipe, adapter, {}, None, str(error))


def _evaluated(bench: Bench, trained: Sequence[Trained], out: Path, recipe: Recipe, progress: Progress) -> Methods:
    """Base and adapters in one run; each fully trained base in a run of its own, on the same samples."""
    usable = [one for one in trained if not one.reason]
    adapters = {one.name: one.folder for one in usable if not one.is_base}
    bases = {one.name: one.folder for one in usable if one.is_base}
    scores, comparison, verdict = measure(bench, adapters, bases, out / "run", progress)
    refused = {row.name: row.reason for row in scores.models if row.status == "refused"}
    names = [one.name for one in usable if one.name not in refused]
    qualities, unmeasured = judged(names, comparison, verdict, bench.task, bench.metric)
    if not qualities:
        raise RunError(f"no method could be measured: {next(iter((refused | unmeasured).values()))}", where=str(out))
    refused |= unmeasured
    pairs = _pairs(bench, scores, list(qualities))
    marks = letters(pairs, {name: q.score.value for name, q in qualities.items()}, bench.metric.greater_is_better)
    return Methods(
        recipe=recipe.adapter,
        base=recipe.base,
        task=bench.task,
        metric=bench.metric.name,
        greater_is_better=bench.metric.greater_is_better,
        bounded=all(has_points(bench.metric, one) for one in qualities.values()),
        probes=list(bench.probes),
        machine=_machine(),
        rows=[
            _row(one, refused.get(one.name, ""), qualities.get(one.name), marks.get(one.name, "")) for one in trained
        ],
        pairs=pairs,
    )


def judged(
    names: Sequence[str], comparison: Comparison, verdict: Verdict | None, task: str, metric: Metric
) -> tuple[dict[str, Quality], dict[str, str]]:
    """What the comparison says of each method; and of those that the objective has no number for, why."""
    found, reasons = {}, {}
    for name in names:
        try:
            found[name] = quality(comparison, verdict, name, task, metric)
        except RunError as error:
            reasons[name] = error.what
    return found, reasons


def _pairs(bench: Bench, scores: RunScores, names: Sequence[str]) -> list[PairRow]:
    """Every pair of methods, paired by sample, with Holm's adjustment over all pairs."""
    task = next(row for row in scores.tasks if row.name == bench.task)
    read = Scores(scores.frame, scores.tasks)
    found: list[Difference] = []
    for couple in combinations(names, 2):
        first, second = (read.table(bench.task, bench.metric.name, name) for name in couple)
        if first and second and (one := difference(task, bench.metric, couple, (first, second), seed=bench.suite.seed)):
            found.append(one)
    adjusted = holm([one.p_value for one in found])
    return [
        PairRow(
            first=one.candidate,
            second=one.reference,
            difference=gain(one, bench.metric),
            p_value=one.p_value,
            adjusted_p_value=float(p),
        )
        for one, p in zip(found, adjusted, strict=True)
    ]


def _row(one: Trained, refused: str, found: Quality | None, groups: str) -> MethodRow:
    record = one.record
    return MethodRow(
        name=one.name,
        method=one.recipe.method.model_dump(mode="json", exclude_defaults=True) | {"kind": one.recipe.method.kind},
        learning_rate=one.recipe.learning_rate,
        reason=one.reason or refused,
        parameters=record.get("trained_parameters"),
        peak_memory=one.cost.peak_memory if one.cost else None,
        memory_of=one.cost.memory_of if one.cost else "",
        seconds=record.get("seconds"),
        tokens_per_second=one.cost.tokens_per_second if one.cost else None,
        quality=found,
        groups=groups,
    )


def _machine() -> str:
    machine = look_around()
    gpu = f", {machine.gpus[0].name}" if machine.gpus else ""
    return f"{machine.system}, {machine.cores} cores{gpu}"
