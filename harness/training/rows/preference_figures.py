"""What a training on preferences reached, read from its steps: how often and how clearly it prefers what it should."""

import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

_NAMES = {
    "accuracy": "rewards/accuracies",
    "margin": "rewards/margins",
    "chosen": "rewards/chosen",
    "rejected": "rewards/rejected",
}


def preference_figures(metrics: Path, saved_step: int) -> dict[str, dict[str, float]]:
    """Implicit rewards of the answers (Rafailov et al. 2023): beta times how far their log-probability rose.

    Args:
        metrics: The finished ``metrics.jsonl``.
        saved_step: The step whose weights were saved.

    Returns:
        Under ``training`` the mean of the last tenth of the steps up to ``saved_step``, and under ``held_out`` what
        was measured there, if there are held-out pairs: ``accuracy``, the share of pairs whose chosen answer has the
        higher reward, ``margin`` between the rewards, and both rewards, ``chosen`` and ``rejected``.
    """
    lines = [json.loads(line) for line in metrics.read_text(encoding="utf-8").splitlines()]
    steps = [line for line in lines if "loss" in line and line["step"] <= saved_step]
    held_out = [line for line in lines if "held_out_loss" in line and line["step"] == saved_step]
    last = steps[-max(1, len(steps) // 10) :]
    figures = {"training": _means(last)} if last else {}
    return figures | ({"held_out": _means(held_out[-1:])} if held_out else {})


def _means(lines: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: round(statistics.fmean(line[theirs] for line in lines), 6) for name, theirs in _NAMES.items()}
