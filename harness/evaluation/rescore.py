"""Scoring the samples of a run again, without a model: after a metric changed, or with other metrics."""

from collections.abc import Mapping, Sequence
from typing import Any

from harness.evaluation.scoring import score_responses
from harness.metrics import Metric, build_metric
from harness.records import InputError, Response
from harness.runs import SCORES, Run, response_of, write_table


def rescore(run: Run) -> None:
    """Write the scores of a run anew from its samples. Scores that do not come from responses stay as they are.

    Raises:
        InputError: the samples are missing, or a metric is unknown here.
    """
    metrics = run_metrics(run.manifest)
    samples = run.samples()
    for task in samples["task"].unique():
        if task not in metrics:
            raise InputError(f"samples of task {task!r}, which the manifest does not know", where=str(run.folder))
        responses: dict[str, list[Response]] = {}
        for row in samples[samples["task"] == task].to_dict("records"):
            responses.setdefault(row["model"], []).append(response_of({str(name): cell for name, cell in row.items()}))
        rows = score_responses(str(task), [one for one in metrics[task] if not one.is_external], responses)
        rows += _external_rows(run, str(task), [one.name for one in metrics[task] if one.is_external])
        write_table(run.scores_folder / f"{task}.parquet", rows, SCORES)


def _external_rows(run: Run, task: str, metrics: Sequence[str]) -> list[dict[str, Any]]:
    """The scores of some metrics as they stand in the run; the table is needed only where there are any."""
    if not metrics:
        return []
    before = run.scores()
    kept = before[(before["task"] == task) & before["metric"].isin(metrics)].astype(object)
    return [
        {str(name): cell for name, cell in row.items()} for row in kept.where(kept.notna(), None).to_dict("records")
    ]


def run_metrics(manifest: Mapping[str, Any]) -> dict[str, Sequence[Metric]]:
    """The metrics of each task of a run, built from the definitions in its manifest."""
    return {
        task["name"]: [
            build_metric(spec, labels=task["definition"]["labels"]) for spec in task["definition"]["metrics"]
        ]
        for task in manifest["tasks"]
    }
