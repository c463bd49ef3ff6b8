"""A model's answers and per-sample values in the files that lm-evaluation-harness and inspect_ai write."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.exchange.export import lm_eval_results
from harness.records import InputError, Results, prompt_text
from harness.runs import Run, prompt_from_json, write_json, write_text

_STAMP = "exported"


def write_lm_eval(run: Run, model: str, folder: Path) -> None:
    """Write ``results_*.json`` and a ``samples_*.jsonl`` for each task, as with ``--log_samples``.

    Raises:
        InputError: the run has no such model.
        RunError: a file cannot be saved.
    """
    results = lm_eval_results(run.results, model)
    for task, rows in _answers(run, model):
        lines = (json.dumps(_lm_eval_row(number, row), ensure_ascii=False) for number, row in enumerate(rows))
        write_text(folder / f"samples_{task}_{_STAMP}.jsonl", "".join(f"{line}\n" for line in lines))
    write_json(folder / f"results_{_STAMP}.json", results)


def write_inspect(run: Run, model: str, folder: Path) -> None:
    """Write a log in JSON for each task.

    Raises:
        InputError: the run has no such model.
        RunError: a file cannot be saved.
    """
    results, written = run.results, str(run.manifest["written"])
    for task, rows in _answers(run, model):
        write_json(folder / f"{task}.json", _log(results, model, task, list(rows), written))


def _answers(run: Run, model: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """By task: one row a sample with prompt, target, answer, document, and its values by metric."""
    samples, scores = run.samples(), run.scores()
    samples = samples[samples["model"] == model]
    if samples.empty:
        raise InputError(f"no answers of a model {model!r}", where=str(run.folder))
    place = ["task", "key", "repetition"]
    own = scores[(scores["model"] == model) & scores["value"].notna()]
    values: dict[Any, dict[str, float]] = {}
    for *where, metric, value in own[[*place, "metric", "value"]].itertuples(index=False):
        values.setdefault(tuple(where), {})[str(metric)] = float(value)
    for task, part in samples.groupby("task", sort=False):
        yield str(task), [_row(row, values) for row in part.to_dict("records")]


def _row(row: Mapping[Any, Any], values: Mapping[Any, dict[str, float]]) -> dict[str, Any]:
    answer = json.loads(row["answer"])
    said = answer["text"] if "text" in answer else row["text"] or ""
    return {
        "key": row["key"],
        "repetition": int(row["repetition"]),
        "prompt": prompt_text(prompt_from_json(row["prompt"])),
        "target": row["references"][0] if len(row["references"]) else "",
        "said": str(said),
        "document": json.loads(row["document"]),
        "values": values.get((row["task"], row["key"], row["repetition"]), {}),
    }


def _lm_eval_row(number: int, row: Mapping[str, Any]) -> dict[str, Any]:
    hashes = {"doc_hash": json.dumps(row["document"]), "prompt_hash": row["prompt"], "target_hash": row["target"]}
    return {
        "doc_id": number,
        "doc": row["document"],
        "target": row["target"],
        "arguments": {"gen_args_0": {"arg_0": row["prompt"], "arg_1": {}}},
        "resps": [[row["said"]]],
        "filtered_resps": [row["said"]],
        "filter": "none",
        "metrics": list(row["values"]),
        **{name: hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest() for name, text in hashes.items()},
        **row["values"],
    }


def _log(results: Results, model: str, task: str, rows: list[dict[str, Any]], written: str) -> dict[str, Any]:
    created = datetime.fromisoformat(written).astimezone(UTC).isoformat(timespec="seconds")
    identity = hashlib.sha256(f"{results.suite} {model} {task} {created}".encode()).hexdigest()[:22]
    figures = {f.metric: f for f in results.figures if f.model == model and f.task == task and f.value is not None}
    scores = [
        {
            "name": name,
            "scorer": name,
            "params": {},
            "metrics": {"mean": {"name": "mean", "value": f.value, "params": {}}},
        }
        for name, f in figures.items()
    ]
    dataset = {"name": task, "samples": len(rows), "sample_ids": [row["key"] for row in rows], "shuffled": False}
    return {
        "version": 2,
        "status": "success",
        "eval": {
            "eval_id": identity, "run_id": identity, "task_id": identity, "created": created, "task": task,
            "task_version": 0, "model": f"harness/{model}", "dataset": dataset, "config": {},
        },
        "plan": {"name": "plan", "steps": [], "config": {}},
        "results": {"total_samples": len(rows), "completed_samples": len(rows), "scores": scores},
        "stats": {"started_at": created, "completed_at": created, "model_usage": {}},
        "samples": [_inspect_sample(row, model, list(figures)) for row in rows],
    }  # fmt: skip


def _inspect_sample(row: Mapping[str, Any], model: str, metrics: list[str]) -> dict[str, Any]:
    message = {"role": "assistant", "content": row["said"], "source": "generate"}
    return {
        "id": row["key"],
        "epoch": row["repetition"] + 1,
        "input": row["prompt"],
        "target": row["target"],
        "messages": [{"role": "user", "content": row["prompt"], "source": "input"}, message],
        "output": {
            "model": f"harness/{model}",
            "choices": [{"message": message, "stop_reason": "stop"}],
            "completion": row["said"],
        },
        "scores": {
            name: {"value": row["values"][name], "answer": row["said"]} for name in metrics if name in row["values"]
        },
        "metadata": {},
    }
