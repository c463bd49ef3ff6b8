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
    samples, before = run.samples(), run.scores()
    for task in samples["task"].unique():
        if task not in metrics:
            raise InputError(f"samples of task {task!r}, which the manifest does not know", where=str(run.folder))
        responses: dict[str, list[Response]] = {}
        for row in samples[samples["task"] == task].to_dict("records"):
            responses.setdefault(row["model"], []).append(response_of({str(name): cell for name, cell in row.items()}))
        rows = score_responses(str(task), [one for one in metrics[task] if not one.is_external], responses)
        kept = [one.name for one in metrics[task] if one.is_external]
        external = before[(before["task"] == task) & before["metric"].isin(kept)].astype(object)
        rows += external.where(external.notna(), None).to_dict("records")
        write_table(run.scores_folder / f"{task}.parquet", rows, SCORES)


def run_metrics(manifest: Mapping[str, Any]) -> dict[str, Sequence[Metric]]:
    """The metrics of each task of a run, built from the definitions in its manifest."""
    return {
        task["name"]: [
            build_metric(spec, labels=task["definition"]["labels"]) for spec in task["definition"]["metrics"]
        ]
        for task in manifest["tasks"]
    }
