"""What changed between two registered adapters: recipe, data, weights and figures."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.models import resolve_adapter
from harness.records import Figure, InputError
from harness.registry.norms import Change, changes
from harness.registry.registry import Registry
from harness.registry.version import Measured, Version


@dataclass(frozen=True)
class SideBySide:
    """One metric of one task, measured of both on the same samples."""

    task: str
    metric: str
    before: Figure
    after: Figure


@dataclass(frozen=True)
class Diff:
    """What changed from one version to another.

    Attributes:
        settings: Keys of the recipe (or of PEFT's configuration, where one of the two has no recipe) that differ,
            with both values; None where a key is not set.
        identities: Fingerprints of base, data and weights that differ.
        modules: Norms of the updates, module by module.
        incomparable: Why there are none; empty where there are.
        figures: What runs measured of both. Differences need pairs: ``harness compare``.
    """

    before: Version
    after: Version
    settings: dict[str, tuple[Any, Any]]
    identities: dict[str, tuple[str | None, str | None]]
    modules: list[Change]
    incomparable: str
    figures: list[SideBySide]


def diff(registry: Registry, before: Version, after: Version) -> Diff:
    """Compare two registered adapters without loading a model."""
    ours, theirs = (resolve_adapter(str(registry.folder(one))) for one in (before, after))
    modules, incomparable = [], ""
    try:
        modules = changes(ours, theirs)
    except InputError as error:
        incomparable = str(error)
    if before.recipe is not None and after.recipe is not None:
        settings = _changed(before.recipe, after.recipe)
    else:
        settings = _changed(ours.config, theirs.config)
        settings.pop("base_model_name_or_path", None)
    fields = {"base": "base_fingerprint", "data": "data_fingerprint", "weights": "fingerprint"}
    identities = {name: (getattr(before, field), getattr(after, field)) for name, field in fields.items()}
    return Diff(
        before,
        after,
        settings,
        {name: pair for name, pair in identities.items() if pair[0] != pair[1]},
        modules,
        incomparable,
        list(_side_by_side(registry.figures(before), registry.figures(after))),
    )


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    ours, theirs = dict(flat(before)), dict(flat(after))
    keys = dict.fromkeys([*ours, *theirs])
    return {key: (ours.get(key), theirs.get(key)) for key in keys if ours.get(key) != theirs.get(key)}


def flat(value: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Nested settings as dotted keys, lists in order."""
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from flat(inner, f"{above}{key}.")
        else:
            yield f"{above}{key}", sorted(inner, key=str) if isinstance(inner, list) else inner


def _side_by_side(before: list[Measured], after: list[Measured]) -> Iterator[SideBySide]:
    theirs = {_place(one): one.figure for one in after}
    for one in before:
        if (figure := theirs.get(_place(one))) is not None:
            yield SideBySide(figure.task, figure.metric, one.figure, figure)


def _place(one: Measured) -> tuple[str, str, str]:
    return one.figure.task, one.task_fingerprint, one.figure.metric
