"""What was measured of forgetting beside a training, small enough to travel with a run."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.models.beside_weights import FORGETTING_LOG

_MAX_BYTES = 64_000_000
#: Measurements kept at most: the last ones.
POINTS = 200
#: No loss, time or count is larger; a plot of what is would break.
_LARGEST = 1e12


def forgetting_summary(folder: Path, record: Mapping[str, Any]) -> dict[str, Any] | None:
    """Figures by step, for the manifest of a run.

    Args:
        record: Of the training.

    Returns:
        ``accuracy_drop`` (of all probes together) and ``kl``, lists of step, value and the ends of the interval; their
        ``limits``; and ``stopped``, in words, empty where nothing was. None where nothing was measured.

    Raises:
        ValueError, LookupError, TypeError, AttributeError, RecursionError, OSError: the files are not those of a
            training of this house.
    """
    if "forgetting" not in record:
        return None
    path = folder / FORGETTING_LOG
    if path.stat().st_size > _MAX_BYTES:
        raise ValueError("too large")
    rows = {int(figure(row["step"])): row for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())}
    rows = dict(sorted(rows.items())[-POINTS:])
    limits = record["forgetting"]["limits"]
    dropped = {step: row["together"] or next(iter(row["probes"]), None) for step, row in rows.items()}
    return {
        "accuracy_drop": [_point(step, one["drop"]) for step, one in dropped.items() if one],
        "kl": [_point(step, row["kl"]) for step, row in rows.items()],
        "limits": {name: figure(limits[name]) for name in ("accuracy_drop", "kl") if name in limits},
        "stopped": str(record.get("stopped", {}).get("reason", ""))[:500],
    }


def _point(step: int, found: Mapping[str, Any]) -> list[float]:
    return [step, *(figure(found[end]) for end in ("value", "low", "high"))]


def figure(value: Any) -> float:
    """A number of a file that somebody else may have written, if a plot has room for it.

    Raises:
        ValueError, TypeError: it is NaN, too large, or none.
    """
    if not abs(value) <= _LARGEST:
        raise ValueError(f"{value} is no figure")
    return float(value)
