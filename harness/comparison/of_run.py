"""From a run folder to its results and its comparison."""

from collections.abc import Sequence
from pathlib import Path

from harness.comparison.forgetting import Sources, forgetting_of
from harness.comparison.models import RunScores, compare_models, compare_runs
from harness.comparison.views import with_views
from harness.evaluation import run_metrics
from harness.records import Comparison, InputError, ModelRow, Results, Rule, TaskRow
from harness.runs import Run


def read_scores(run: Run) -> RunScores:
    """What a comparison needs of a run.

    Raises:
        InputError: the run is not complete, or its scores are missing.
    """
    manifest = run.manifest
    if manifest.get("state") != "complete":
        raise InputError(
            "the run is not complete", where=str(run.folder), mend="run the suite again; it goes on where it stopped"
        )
    return RunScores(
        suite=manifest["suite"]["suite"],
        base=manifest["base_name"],
        baseline=manifest["baseline_name"],
        models=[ModelRow.model_validate(row) for row in manifest["models"]],
        tasks=[
            TaskRow(**{name: task[name] for name in TaskRow.model_fields if name in task}) for task in manifest["tasks"]
        ],
        metrics=run_metrics(manifest),
        frame=run.scores(),
    )


def compare(
    run: Run | Path | str,
    other: Run | Path | str | None = None,
    models: Sequence[str] = (),
    rules: Sequence[Rule] = (),
) -> Comparison:
    """Compare the models of a run sample by sample and write ``results.json`` and ``comparison.json`` into it.

    Args:
        run: The run, or its folder.
        other: A second run to compare with; then ``models`` names the model of this run and that of the other.
            Nothing is written.
        models: With one run: further models that every candidate is compared with.
        rules: With one run: what these read beside whole tasks (classes, slices, findings) is compared too.

    Raises:
        InputError: scores are missing, or the models were not asked the same samples.
    """
    run = _opened(run)
    scores = read_scores(run)
    seed = int(run.manifest["suite"]["seed"])
    if other is not None:
        if len(models) != 2:
            raise InputError("comparing two runs needs two model names", mend="name the candidate, then the reference")
        return compare_runs(scores, read_scores(_opened(other)), *models, seed=seed)
    viewed = with_views(scores, rules, run.samples)
    comparison = compare_models(viewed, references=models, seed=seed)
    forgetting = forgetting_of(viewed, comparison, Sources.of(run.manifest, run.samples), seed=seed)
    comparison = comparison.model_copy(update={"forgetting": forgetting})
    run.save("results.json", Results(**{name: getattr(comparison, name) for name in Results.model_fields}))
    run.save("comparison.json", comparison)
    return comparison


def _opened(run: Run | Path | str) -> Run:
    return run if isinstance(run, Run) else Run.open(run)
