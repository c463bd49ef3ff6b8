"""From a run folder to its reports."""

import json
from pathlib import Path

import pandas as pd

from harness.records import HarnessError, Verdict, prompt_text
from harness.reports.write import write_reports
from harness.runs import Run, prompt_from_json


def report_run(run: Run | Path | str) -> None:
    """Write the reports of a run from what lies in its folder.

    Raises:
        InputError: the run has not been compared yet.
        RunError: a report cannot be saved.
    """
    run = run if isinstance(run, Run) else Run.open(run)
    write_reports(run.folder, run.comparison, _verdict(run), run.manifest, sample_frame(run))


def sample_frame(run: Run) -> pd.DataFrame:
    """One row a sample, model and metric, with what the reports show of it.

    Columns: task, key, repetition, model, prompt, target, response, metric, outcome, value, extracted, findings.
    """
    samples = run.samples()
    shown = pd.DataFrame(
        {
            "task": samples["task"],
            "key": samples["key"],
            "repetition": samples["repetition"],
            "model": samples["model"],
            "prompt": [prompt_text(prompt_from_json(cell)) for cell in samples["prompt"]],
            "target": [str(cell[0]) if len(cell) else "" for cell in samples["references"]],
            "response": [_said(answer, text) for answer, text in zip(samples["answer"], samples["text"], strict=True)],
        }
    )
    judged = ["task", "key", "repetition", "model", "metric", "outcome", "value", "extracted", "findings"]
    scores = run.scores()[judged]
    scores = scores.assign(findings=[json.loads(cell) for cell in scores["findings"]])
    return scores.merge(shown, on=["task", "key", "repetition", "model"], how="left", validate="many_to_one")


def _said(answer: str, text: object) -> str:
    value = json.loads(answer)
    if "text" in value:
        return str(value["text"])
    if isinstance(text, str):
        return text
    total = sum(sum(tokens) for tokens, _ in value["likelihoods"])
    return f"log-likelihood {total:.2f}"


def _verdict(run: Run) -> Verdict | None:
    try:
        return run.verdict
    except HarnessError:
        return None
