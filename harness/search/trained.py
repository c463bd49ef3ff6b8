"""What an earlier training left in its folder, by which it is known again."""

import json
from pathlib import Path
from typing import Any

from harness.models.examine import TRAINING_RECORD


def training_record(made: Path) -> dict[str, Any]:
    """What a training wrote of itself beside the weights it made; empty where there is nothing to read."""
    try:
        value = json.loads((made / TRAINING_RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
