"""Logs of inspect_ai as models of a run."""

import json
import math
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.exchange.imported import ImportedModel, ImportedSample, ImportedTask
from harness.records import InputError
from harness.records.hashing import content_hash

#: Grades as numbers, as inspect_ai's ``value_to_float`` has them.
_GRADES = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}


def read_inspect(path: Path, name: str | None = None) -> ImportedModel:
    """One log: one model on one task.

    Args:
        path: A log in JSON (``inspect log convert --to json``), or an ``.eval`` file that this Python can unpack.
        name: What the model is called here; else what inspect_ai calls it.

    Raises:
        InputError: the file is not there, is no such log, or did not end well.
    """
    log = _read(path)
    if not isinstance(log, dict) or "eval" not in log:
        raise InputError("is no log of inspect_ai", where=str(path))
    if log.get("status") != "success":
        raise InputError(f"the evaluation did not end well (status {log.get('status')!r})", where=str(path))
    reference = str(log["eval"].get("model", path.stem))
    task = _task(log, path)
    return ImportedModel(name or reference.replace("/", "-"), reference, "inspect_ai", [task])


def _task(log: Mapping[str, Any], path: Path) -> ImportedTask:
    rows = log.get("samples") or []
    if not rows:
        raise InputError("holds no samples", where=str(path), mend="convert the whole log, not its header")
    reported = {
        score["name"]: metric["value"]
        for score in log.get("results", {}).get("scores", [])
        for metric in [score.get("metrics", {}).get("accuracy") or score.get("metrics", {}).get("mean") or {}]
        if "value" in metric
    }
    scorers = list(dict.fromkeys(name for row in rows for name in row.get("scores") or {}))
    figures: dict[str, bool] = {}
    left_out: dict[str, str] = {}
    for scorer in scorers:
        reason = _why_not([_value(row, scorer) for row in rows], reported.get(scorer))
        if reason:
            left_out[scorer] = reason
        else:
            figures[scorer] = True
    samples = [_sample(row, list(figures)) for row in rows]
    name = str(log["eval"].get("task", path.stem)).split("/")[-1]
    asked = sorted(f"{sample.key} {sample.repetition}" for sample in samples)
    version = content_hash({"version": str(log["eval"].get("task_version")), "asked": asked})
    return ImportedTask(name, version, figures, samples, left_out)


def _why_not(values: list[float | None], reported: Any) -> str:
    """Why a figure cannot be taken over; empty where it can."""
    known = [value for value in values if value is not None]
    if not known:
        return "has no number for each sample"
    mean = math.fsum(known) / len(known)
    if not isinstance(reported, int | float):
        return "has neither an accuracy nor a mean"
    if not math.isclose(mean, reported, rel_tol=1e-6, abs_tol=1e-9):
        return f"is not the mean of its samples ({reported:.6g} against {mean:.6g})"
    return ""


def _sample(row: Mapping[str, Any], scorers: list[str]) -> ImportedSample:
    prompt, target = _text(row.get("input")), _text(row.get("target"))
    return ImportedSample(
        key=content_hash({"input": prompt, "target": target, "id": str(row.get("id"))}),
        prompt=prompt,
        target=target,
        said=str((row.get("output") or {}).get("completion", "")),
        values={scorer: _value(row, scorer) for scorer in scorers},
        document={"id": str(row.get("id"))},
        repetition=int(row.get("epoch", 1)) - 1,
    )


def _value(row: Mapping[str, Any], scorer: str) -> float | None:
    value = ((row.get("scores") or {}).get(scorer) or {}).get("value")
    if isinstance(value, str):
        return _GRADES.get(value)
    if isinstance(value, bool | int | float) and math.isfinite(value):
        return float(value)
    return None


def _text(value: Any) -> str:
    """An input or target: a text, a list of texts, or a list of messages."""
    if isinstance(value, list):
        return "\n".join(_text(one.get("content")) if isinstance(one, dict) else str(one) for one in value)
    return "" if value is None else str(value)


def _read(path: Path) -> Any:
    try:
        if zipfile.is_zipfile(path):
            return _unpacked(path)
        return json.loads(path.read_text(encoding="utf-8"))
    except NotImplementedError:
        mend = "inspect log convert --to json --output-dir DIR FILE"
        raise InputError("is packed in a way that this Python cannot read", where=str(path), mend=mend) from None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(f"cannot be read ({error})", where=str(path)) from None


def _unpacked(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as packed:
        log: dict[str, Any] = json.loads(packed.read("header.json"))
        names = sorted(name for name in packed.namelist() if name.startswith("samples/"))
        return log | {"samples": [json.loads(packed.read(name)) for name in names]}
