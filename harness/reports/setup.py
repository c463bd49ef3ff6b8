"""What a run found out about its own set-up.

Do the adapters act, is what is served what was trained, do answers flip by themselves, which samples were trained on?
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.records import Comparison, Figure
from harness.reports.numbers import decimals, number

CONTAMINATED = "contaminated"
#: Probes that stand among the tasks, and what each of their lines asks.
_PROBES = {
    "serving_parity": "is what is served what was trained?",
    "noise_floor": "do answers flip by themselves?",
}


@dataclass(frozen=True)
class SetupRow:
    """One line of the panel: a question, what was measured, and each model's answer (empty where it has none)."""

    question: str
    measured: str
    cells: Sequence[str]


def setup_rows(comparison: Comparison, manifest: Mapping[str, Any]) -> list[SetupRow]:
    """The lines, in the order in which a run asks; models as the comparison lists those that were evaluated."""
    models = evaluated(comparison)
    return [*_liveness(manifest, models), *_probes(comparison, models), *_contamination(comparison, models)]


def evaluated(comparison: Comparison) -> list[str]:
    """Names of the models that were evaluated."""
    return [row.name for row in comparison.models if row.status == "evaluated"]


def seen_in_training(comparison: Comparison) -> dict[tuple[str, str], int]:
    """By task and model: how many of its samples the model was trained on, where any."""
    found = {(f.task, f.model): round((f.value or 0.0) * f.samples) for f in _of_metric(comparison, CONTAMINATED)}
    return {place: count for place, count in found.items() if count}


def _liveness(manifest: Mapping[str, Any], models: Sequence[str]) -> Iterator[SetupRow]:
    pulses = manifest.get("liveness")
    if not isinstance(pulses, Mapping) or not any(model in pulses for model in models):
        return
    cells = [f"{float(pulses[m]['mean_change']):.3g}" if m in pulses else "" for m in models]
    yield SetupRow("does the adapter act?", "mean change of log-probabilities from the base's, nats", cells)


def _probes(comparison: Comparison, models: Sequence[str]) -> Iterator[SetupRow]:
    for task, question in _PROBES.items():
        own = [figure for figure in comparison.figures if figure.task == task]
        for metric in dict.fromkeys(figure.metric for figure in own):
            values = {figure.model: figure.value for figure in own if figure.metric == metric}
            places = decimals(values.values())
            cells = [number(values[m], places) if values.get(m) is not None else "" for m in models]
            yield SetupRow(question, metric.replace("_", " "), cells)


def _contamination(comparison: Comparison, models: Sequence[str]) -> Iterator[SetupRow]:
    figures = {(f.task, f.model): f for f in _of_metric(comparison, CONTAMINATED)}
    for task in comparison.tasks:
        cells = [_seen(figures.get((task.name, model))) for model in models]
        if any(cells):
            yield SetupRow("was it trained on these samples?", task.name, cells)


def _seen(figure: Figure | None) -> str:
    if figure is None or figure.value is None:
        return ""
    return f"{round(figure.value * figure.samples):,} of {figure.samples:,}"


def _of_metric(comparison: Comparison, metric: str) -> Iterator[Figure]:
    return (figure for figure in comparison.figures if figure.metric == metric)
