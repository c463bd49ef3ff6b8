"""Format drift: answers to old prompts that take the form of the new task's answers."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from harness.comparison.figures import LISTED
from harness.records import Figure
from harness.stats import Estimate, PairedRates, bootstrap_difference
from harness.training.forgetting.forms import AnswerForms, normal

#: A closed set of answers has no more members than this; longer lists are texts.
MOST_FORMS = 256


def forms_of(definitions: Iterable[Mapping[str, Any]], samples: pd.DataFrame) -> list[str]:
    """The closed answers of some tasks: a classifier's labels, or choices that all samples share.

    Args:
        definitions: Entries of the tasks in a run's manifest.
        samples: The samples table of the run.

    Returns:
        Without repetition, as `harness.training.forgetting` normalises them; empty where all tasks are free text.
    """
    found: dict[str, None] = {}
    for task in definitions:
        labels = task["definition"].get("labels") or _shared_choices(samples[samples["task"] == task["name"]])
        if len(labels) <= MOST_FORMS:
            found |= dict.fromkeys(normal(str(label)) for label in labels)
    found.pop("", None)
    return list(found)


def format_drift(
    task: str, names: tuple[str, str], samples: pd.DataFrame, forms: Sequence[str], seed: int
) -> Figure | None:
    """The share of a probe's answers in the form of the new task's, less the reference's share, paired by sample.

    An answer has a form if it starts with it, as while training; right answers of the probe itself do not count.

    Args:
        names: Candidate and reference.
        samples: The samples table of the run.

    Returns:
        None where the probe's answers are ranked choices, or no form is foreign to it.
    """
    part = samples[samples["task"] == task]
    own = {normal(str(text)) for cell in (*part["references"], *part["choices"]) for text in cell}
    foreign = AnswerForms(tuple(sorted(set(forms) - own, key=lambda form: (-len(form), form))), 1.0)
    ours, theirs = (_answers(part[part["model"] == name]) for name in names)
    shared = [key for key in theirs if key in ours]
    if not foreign.forms or not shared:
        return None
    mine, other = (
        np.array([foreign.of(of[key][0]) is not None for key in shared], dtype=float) for of in (ours, theirs)
    )
    clusters = _clusters([ours[key][1] for key in shared], [key[0] for key in shared])
    estimate = _estimate(mine, other, clusters, seed)
    if estimate is None:
        return None
    drifted = [key[0] for key, a, b in zip(shared, mine, other, strict=True) if a > b]
    return Figure(
        model=names[0],
        task=task,
        metric="format_drift",
        value=estimate.value,
        interval=estimate.interval(),
        samples=len(shared),
        unscorable=0,
        errors=0,
        greater_is_better=False,
        signature=f"format_drift|starts with one of {len(foreign.forms)} answers of the targets|less the reference's",
        breakdown={"before": float(other.mean()), "after": float(mine.mean())},
        failed=list(dict.fromkeys(drifted))[:LISTED],
        estimate=estimate.to_json(),
    )


def _shared_choices(part: pd.DataFrame) -> list[str]:
    """The choices of a task whose samples all have the same ones, else none."""
    several = {tuple(map(str, cell)) for cell in part["choices"]}
    return list(several.pop()) if len(several) == 1 else []


def _answers(part: pd.DataFrame) -> dict[tuple[str, int], tuple[str, str | None]]:
    """Generated text and cluster by key and repetition; answers without text are left out."""
    found = {}
    columns = (part["key"], part["repetition"], part["answer"], part["cluster"])
    for key, repetition, answer, cluster in zip(*columns, strict=True):
        said = json.loads(answer)
        if "text" in said:
            found[str(key), int(repetition)] = (str(said["text"]), cluster if isinstance(cluster, str) else None)
    return found


def _clusters(named: Sequence[str | None], keys: Sequence[str]) -> np.ndarray | None:
    """What answers must not be counted apart for: the source that a task names, else samples generated repeatedly."""
    if all(one is not None for one in named):
        return np.array(named, dtype=object)
    return np.array(keys, dtype=object) if len(set(keys)) < len(keys) else None


def _estimate(mine: np.ndarray, other: np.ndarray, clusters: np.ndarray | None, seed: int) -> Estimate | None:
    if clusters is None:
        return PairedRates(len(mine), rose=int(np.sum(mine > other)), fell=int(np.sum(mine < other)))
    ours, theirs = (np.column_stack([values, np.ones(len(values))]) for values in (mine, other))
    return bootstrap_difference(ours, theirs, lambda sums: sums[..., 0] / sums[..., 1], clusters=clusters, seed=seed)
