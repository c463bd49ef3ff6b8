"""Which models are served, examined before any of them is loaded."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.models import Adapter, Base, Model, examine_adapter, resolve_adapter, resolve_base, unmatched_tensors
from harness.models.resolve import REFERENCE
from harness.records import InputError, is_name, mended_name
from harness.registry import PREFIX, Registry

#: What the bare base is called.
BASE = "base"


def open_models(base: str, adapters: Mapping[str, str]) -> tuple[list[Model], list[str]]:
    """The bare base and its adapters.

    Args:
        base: ``reference``, a folder or a hub id.
        adapters: Name to folder, hub id or ``registry:NAME``.

    Returns:
        The models, the base first; and warnings.

    Raises:
        InputError: the base or an adapter is unusable, an adapter is of another base, or a name is wrong.
    """
    found = resolve_base(base)
    models, warnings = [Model(BASE, found)], []
    for name, reference in adapters.items():
        if not is_name(name) or name == BASE:
            mend = f"{BASE!r} is the bare base; write NAME=FOLDER" if name == BASE else mended_name(name)
            raise InputError(f"{name[:100]!r} cannot be an adapter's name", mend=mend)
        adapter = _adapter(reference)
        warnings += [f"{name}: {warning}" for warning in _examine(adapter, found)]
        models.append(Model(name, found, adapter))
    return models, warnings


def served_names(models: Sequence[Model]) -> dict[str, str]:
    """What a client may call each model: its own name, and for the base its hub id too, but never a path of ours."""
    base = models[0].base.reference
    names = {model.name: model.name for model in models}
    is_path = base != REFERENCE and Path(base).expanduser().exists()
    return names if is_path else {base: BASE, **names}


def _adapter(reference: str) -> Adapter:
    return Registry().adapter(reference) if reference.startswith(PREFIX) else resolve_adapter(reference)


def _examine(adapter: Adapter, base: Base) -> list[str]:
    warnings = examine_adapter(adapter, base)
    if lost := unmatched_tensors(adapter, base):
        raise InputError(
            f"{len(lost)} of its tensors belong to no module of {base.reference} (the first: {lost[0]!r})",
            where=str(adapter.folder),
            mend="name the base it was trained on",
        )
    return warnings
