"""Registered adapters and their differences, in a terminal and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.registry.diff import Diff, flat
from harness.registry.norms import Change, by_layer, total
from harness.reports.forgotten import forgotten_line
from harness.reports.numbers import MISSING, bounds, decimals, number
from harness.reports.visible import one_line, visible

if TYPE_CHECKING:
    from harness.records import Figure
    from harness.registry import Measured, Version

#: Main figures in a line of the list; `show` has them all.
_LISTED = 3


def print_versions(rows: "Sequence[tuple[Version, list[Measured]]]") -> None:
    """One line a version."""
    table = _table("adapter", "tags", "method", "parameters", "base", "figures", right=("parameters",))
    for version, figures in rows:
        shown = [f"{one.figure.task} {number(one.figure.value)}" for one in figures[:_LISTED]]
        more = [f"and {len(figures) - _LISTED} more"] if len(figures) > _LISTED else []
        _add(table, version, ", ".join(version.tags), _method(version), f"{version.parameters:,}", _base(version),
             ", ".join(shown + more))  # fmt: skip
    Console().print(table)


def print_version(version: "Version", figures: "Sequence[Measured]", folder: Path, record: Mapping[str, Any]) -> None:
    """What is known of a version, then its figures.

    Args:
        record: Of its training; empty where there is none.
    """
    recipe = version.recipe or {}
    objective = recipe.get("objective")
    facts = {
        "adapter": version,
        "tags": ", ".join(version.tags) or MISSING,
        "method": f"{_method(version)}, {version.parameters:,} parameters",
        "base": f"{version.base or 'not known'} ({version.base_fingerprint or 'fingerprint not known'})",
        "objective": (objective.get("kind") if isinstance(objective, dict) else None) or "not known",
        "data": version.data_fingerprint or "not known",
        "recipe": " ".join(f"{key}={value}" for key, value in flat(recipe) if value is not None) or "not known",
        "forgotten": forgotten_line(record) or "not measured",
        "parent": version.parent or MISSING,
        "registered": version.created,
        "fingerprint": version.fingerprint,
        "files": folder,
    }
    console = Console()
    for name, fact in facts.items():
        console.print(Text(f"{name:<12} {visible(fact)}"), soft_wrap=True)
    if figures:
        table = _table("task", "metric", "value", "interval", "n", "run", right=("value", "n"))
        for one in figures:
            _add(table, one.figure.task, one.figure.metric, *_figure(one.figure), one.figure.samples, one.run)
        console.print(table)


def print_diff(diff: Diff, modules: bool) -> None:
    """Identities and settings that differ, norms, figures side by side."""
    console = Console()
    console.print(Text(f"{diff.before} against {diff.after}"))
    for name, (before, after) in diff.identities.items():
        console.print(Text(one_line(f"{name}: {before or 'not known'} to {after or 'not known'}")), soft_wrap=True)
    for key, (before, after) in diff.settings.items():
        console.print(Text(one_line(f"{key}: {_value(before)} to {_value(after)}")), soft_wrap=True)
    if diff.incomparable:
        console.print(Text(one_line(f"weights: {diff.incomparable}")), soft_wrap=True)
    else:
        console.print(_norms([*(diff.modules if modules else by_layer(diff.modules)), total(diff.modules)]))
    if diff.figures:
        columns = ("before", "after")
        table = _table("task", "metric", "before", "interval", "after", "interval", right=columns)
        for one in diff.figures:
            _add(table, one.task, one.metric, *_figure(one.before), *_figure(one.after))
        console.print(table)


def diff_json(diff: Diff) -> dict[str, Any]:
    """A difference as JSON."""
    return {
        "before": str(diff.before),
        "after": str(diff.after),
        "identities": diff.identities,
        "settings": diff.settings,
        "modules": [_change(one) for one in diff.modules],
        "layers": [_change(one) for one in by_layer(diff.modules)],
        "all": _change(total(diff.modules)),
        "incomparable": diff.incomparable,
        "figures": [
            {"task": one.task, "metric": one.metric, "before": _measured(one.before), "after": _measured(one.after)}
            for one in diff.figures
        ],
    }


def _norms(rows: Sequence[Change]) -> Table:
    table = _table("update", "‖before‖", "‖after‖", "‖difference‖", "relative", right=("‖before‖", "‖after‖",
                   "‖difference‖", "relative"))  # fmt: skip
    for row in rows:
        relative = MISSING if row.relative is None else f"{row.relative:.1%}"
        _add(table, row.where, *(f"{value:.4g}" for value in (row.before, row.after, row.difference)), relative)
    return table


def _table(*columns: str, right: Sequence[str] = ()) -> Table:
    table = Table(box=None, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


def _add(table: Table, *cells: object) -> None:
    table.add_row(*(Text(one_line(cell)) for cell in cells))


def _figure(figure: "Figure") -> tuple[str, str]:
    places = decimals([figure.value])
    return number(figure.value, places), bounds(figure.interval, places)


def _measured(figure: "Figure") -> dict[str, Any]:
    return figure.model_dump(mode="json", include={"value", "interval", "samples", "greater_is_better", "signature"})


def _change(change: Change) -> dict[str, Any]:
    return asdict(change) | {"relative": change.relative}


def _method(version: "Version") -> str:
    return f"{version.method} r={version.rank}" if version.rank else version.method


def _base(version: "Version") -> str:
    return (version.base or MISSING).rpartition("/")[2]


def _value(value: object) -> str:
    return "not set" if value is None else str(value)
