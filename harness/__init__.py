"""Evaluate, compare and gate fine-tuned language models.

The public Python names are loaded when first used, so that ``import harness`` stays cheap.
"""

import os
from importlib import import_module
from typing import Any

# Read by OpenMP when torch is first imported. Threads that spin while they wait for each other make small models ten
# times slower as soon as another process wants the same cores (3.5 against 0.35 training steps a second, two cores).
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__version__ = "0.1.0"

_ROOM_OF = {
    "evaluate": "harness.evaluation",
    "Suite": "harness.evaluation",
    "compare": "harness.comparison",
    "gate_run": "harness.gate",
    "until_decided": "harness.gate",
    "train": "harness.training",
    "tune": "harness.search.tune",
    "compare_methods": "harness.search.methods",
    "Run": "harness.runs",
    "HarnessError": "harness.records",
}

__all__ = [
    "HarnessError",
    "Run",
    "Suite",
    "compare",
    "compare_methods",
    "evaluate",
    "gate_run",
    "train",
    "tune",
    "until_decided",
]


def __getattr__(name: str) -> Any:
    if name in _ROOM_OF:
        return getattr(import_module(_ROOM_OF[name]), name)
    raise AttributeError(f"module 'harness' has no attribute {name!r}")
