"""What a training left beside its adapter, small enough to travel with a run: the loss by step, and a few facts."""

import json
import math
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from harness.models.examine import TRAINING_RECORD
from harness.training.forgetting.summary import figure, forgetting_summary

#: Points of a curve at most; each is the mean of the steps it stands for.
POINTS = 100
_MAX_BYTES = 64_000_000


def training_summary(folder: Path) -> dict[str, Any] | None:
    """The curve and the facts of a training, for the manifest of a run.

    Returns:
        ``method``, ``steps``, ``seconds``, ``trained_parameters``, ``warnings``, ``loss`` and ``evaluation`` (lists of
        step and value), and ``forgetting`` (see `forgetting_summary`). None where the adapter was not trained by this
        house, or what it left cannot be read.
    """
    try:
        if (folder / TRAINING_RECORD).stat().st_size > _MAX_BYTES:
            return None
        record = json.loads((folder / TRAINING_RECORD).read_text(encoding="utf-8"))
        rows = list(_rows(folder / "metrics.jsonl"))
        return {
            "method": _method_name(record["recipe"]["method"]),
            "steps": int(figure(record["steps"])),
            "seconds": figure(record["seconds"]),
            "trained_parameters": int(figure(record["trained_parameters"])),
            "warnings": [str(one)[:300] for one in record.get("warnings", [])][:20],
            "loss": _thinned(_points(rows, "loss")),
            "evaluation": _thinned(_points(rows, "held_out_loss")),
            "forgetting": forgetting_summary(folder, record),
        }
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None  # somebody else's file of that name; a curve is a service, not evidence


def _method_name(settings: dict[str, Any]) -> str:
    """Its kind, and what sets a LoRA apart from the usual one: ``lora (pissa, rslora)``."""
    kind, start = str(settings["kind"]), settings.get("init")
    variants = [start] if kind == "lora" and start in ("pissa", "olora") else []
    variants += ["rslora"] if settings.get("rslora") is True else []
    return f"{kind} ({', '.join(variants)})" if variants else kind


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    if path.stat().st_size > _MAX_BYTES:
        raise ValueError("too large")
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if isinstance(row, dict):
                yield row


def _points(rows: list[dict[str, Any]], name: str) -> list[tuple[float, float]]:
    found = []
    for row in rows:
        with suppress(ValueError, TypeError):
            found.append((figure(row.get("step")), figure(row.get(name))))
    return found


def _thinned(points: list[tuple[float, float]]) -> list[list[float]]:
    size = max(1, math.ceil(len(points) / POINTS))
    groups = (points[start : start + size] for start in range(0, len(points), size))
    return [[round(_mean([step for step, _ in one]), 2), float(f"{_mean([v for _, v in one]):.6g}")] for one in groups]


def _mean(values: list[float]) -> float:
    return math.fsum(values) / len(values)
