"""Evaluate, compare and gate fine-tuned language models.

The public Python names are loaded when first used, so that ``import harness`` stays cheap.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_ROOM_OF = {
    "evaluate": "harness.evaluation",
    "Suite": "harness.evaluation",
    "compare": "harness.comparison",
    "gate_run": "harness.gate",
    "train": "harness.training",
    "Run": "harness.runs",
    "HarnessError": "harness.records",
}

__all__ = ["HarnessError", "Run", "Suite", "compare", "evaluate", "gate_run", "train"]


def __getattr__(name: str) -> Any:
    if name in _ROOM_OF:
        return getattr(import_module(_ROOM_OF[name]), name)
    raise AttributeError(f"module 'harness' has no attribute {name!r}")
