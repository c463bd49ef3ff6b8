"""Results of lm-evaluation-harness (``--output_path`` with ``--log_samples``) as models of a run."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.exchange.imported import ImportedModel, ImportedSample, ImportedTask
from harness.records import InputError
from harness.records.hashing import content_hash

_STAMP = re.compile(r"results_(.+)\.json\Z")


def read_lm_eval(path: Path, name: str | None = None) -> ImportedModel:
    """One model's results.

    Args:
        path: A ``results_*.json``, with the ``samples_*.jsonl`` of the same moment beside it, or a folder with one.
        name: What the model is called here; else what lm-evaluation-harness calls it.

    Raises:
        InputError: the files are not there or are not such results.
    """
    path = _results_file(path)
    stamp = _STAMP.match(path.name)
    if stamp is None:
        raise InputError("is not named results_DATE.json", where=str(path), mend="name a file that lm-eval wrote")
    results = _json(path)
    if not isinstance(results, dict) or not isinstance(results.get("results"), dict):
        raise InputError("holds no results of lm-evaluation-harness", where=str(path))
    tasks = []
    for task in results["results"]:
        samples = path.with_name(f"samples_{task}_{stamp[1]}.jsonl")
        if samples.is_file():  # a group has results but no samples of its own
            tasks.append(_task(task, results, list(_lines(samples))))
    if not tasks:
        raise InputError("no samples lie beside it", where=str(path), mend="evaluate with --log_samples")
    reference = str(results.get("model_name") or results.get("config", {}).get("model") or path.parent.name)
    source = f"lm-evaluation-harness {results.get('lm_eval_version', 'of unknown version')}"
    return ImportedModel(name or re.sub(r"[^A-Za-z0-9._-]+", "-", reference), reference, source, tasks)


def _results_file(path: Path) -> Path:
    if not path.exists():
        raise InputError("no such file or folder", where=str(path), mend="name what lm-eval wrote to --output_path")
    if not path.is_dir():
        return path
    found = sorted(path.rglob("results_*.json"))
    if len(found) != 1:
        raise InputError(f"holds {len(found)} files results_*.json", where=str(path), mend="name the one to import")
    return found[0]


def _task(name: str, results: Mapping[str, Any], rows: list[dict[str, Any]]) -> ImportedTask:
    better = results.get("higher_is_better", {}).get(name, {})
    figures: dict[str, dict[str, float | None]] = {}
    left_out: dict[str, str] = {}
    for metric, of_filter in dict.fromkeys(
        (m, row.get("filter", "none")) for row in rows for m in row.get("metrics", [])
    ):
        figure = metric if of_filter == "none" else f"{metric},{of_filter}"
        values = {_key(row): row.get(metric) for row in rows if row.get("filter", "none") == of_filter}
        reason = _why_not(values, results["results"][name].get(f"{metric},{of_filter}"))
        if reason:
            left_out[figure] = reason
        else:
            figures[figure] = {key: None if value is None else float(value) for key, value in values.items()}
    first = {_key(row): row for row in reversed(rows)}
    samples = [_sample(key, first[key], figures) for key in dict.fromkeys(_key(row) for row in rows)]
    version = content_hash(
        {"version": str(results.get("versions", {}).get(name)), "asked": sorted(sample.key for sample in samples)}
    )
    metrics = {figure: bool(better.get(figure.split(",")[0], True)) for figure in figures}
    return ImportedTask(name, version, metrics, samples, left_out)


def _why_not(values: Mapping[str, Any], reported: Any) -> str:
    """Why a figure cannot be taken over; empty where it can."""
    known = [value for value in values.values() if value is not None]
    if not known or not all(isinstance(value, bool | int | float) for value in known):
        return "has no number for each sample"
    mean = math.fsum(known) / len(known)
    if isinstance(reported, int | float) and not math.isclose(mean, reported, rel_tol=1e-6, abs_tol=1e-9):
        return f"is not the mean of its samples ({reported:.6g} against {mean:.6g})"
    return ""


def _sample(key: str, row: Mapping[str, Any], figures: Mapping[str, Mapping[str, float | None]]) -> ImportedSample:
    return ImportedSample(
        key=key,
        prompt=_prompt(row),
        target=str(row.get("target", "")),
        said=_said(row),
        values={figure: values.get(key) for figure, values in figures.items()},
        document=row["doc"] if isinstance(row.get("doc"), dict) else {},
    )


def _key(row: Mapping[str, Any]) -> str:
    """By content; the hashes of lm-evaluation-harness where it gives them."""
    hashes = [row.get(name) for name in ("doc_hash", "prompt_hash", "target_hash")]
    return content_hash({"hashes": hashes} if all(hashes) else {"doc": row.get("doc"), "prompt": _prompt(row)})


def _prompt(row: Mapping[str, Any]) -> str:
    arguments = row.get("arguments")
    first = arguments.get("gen_args_0", {}).get("arg_0", "") if isinstance(arguments, dict) else arguments
    return first if isinstance(first, str) else json.dumps(first, ensure_ascii=False)


def _said(row: Mapping[str, Any]) -> str:
    said = row.get("resps", [])
    while isinstance(said, list) and len(said) == 1:
        said = said[0]
    return said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read ({error})", where=str(path)) from None


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
            except ValueError as error:
                raise InputError(f"no JSON ({error})", where=f"{path}:{number}") from None
            if not isinstance(row, dict):
                raise InputError("no sample", where=f"{path}:{number}")
            yield row
