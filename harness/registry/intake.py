"""What an adapter is, read from its files before it is trusted: identity, what it was trained on, and its base."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.models import Adapter, Base, examine_adapter, resolve_base
from harness.models.examine import TRAINING_RECORD
from harness.models.resolve import REFERENCE
from harness.models.weights import read_json, tensor_shapes, weight_files
from harness.records import InputError, reference_model

#: Levels of a recipe; ours have three.
_DEEPEST = 16


@dataclass(frozen=True)
class Origin:
    """What an adapter's files say of its training; None where they say nothing."""

    base: str | None = None
    base_fingerprint: str | None = None
    data_fingerprint: str | None = None
    recipe: dict[str, Any] | None = None
    start: str | None = None
    start_fingerprint: str | None = None


def origin_of(adapter: Adapter) -> Origin:
    """What the training left beside the weights, else the base that PEFT's configuration names.

    Raises:
        InputError: there is a record of the training, but in another form.
    """
    named = adapter.config.get("base_model_name_or_path")
    base = named if isinstance(named, str) and named else None
    path = adapter.folder / TRAINING_RECORD
    if not path.is_file():
        return Origin(base)
    record = read_json(path)
    recipe, data, start = record.get("recipe"), record.get("data"), record.get("start")
    found = Origin(
        base=record.get("base") or base,
        base_fingerprint=record.get("base_fingerprint"),
        data_fingerprint=data.get("fingerprint") if isinstance(data, dict) else None,
        recipe=recipe if isinstance(recipe, dict) else None,
        start=start.get("adapter") if isinstance(start, dict) else None,
        start_fingerprint=start.get("fingerprint") if isinstance(start, dict) else None,
    )
    words = (found.base, found.base_fingerprint, found.data_fingerprint, found.start, found.start_fingerprint)
    if _nests_deeper(recipe, _DEEPEST) or not all(one is None or isinstance(one, str) for one in words):
        raise InputError("is not the record of a training", where=str(path), mend="remove it, or train again")
    return found


def _nests_deeper(value: object, levels: int) -> bool:
    """A record from elsewhere could nest so deep that nothing can walk it."""
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_nests_deeper(one, levels - 1) for one in inner)


def base_at_hand(reference: str | None) -> Base | None:
    """The base of an adapter where it lies on this machine; nothing is downloaded."""
    if not reference:
        return None
    if reference == REFERENCE or Path(reference).expanduser().is_dir():
        return _or_none(reference)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        folder = snapshot_download(reference, local_files_only=True)
    except (LocalEntryNotFoundError, HFValidationError, OSError):
        return None
    found = _or_none(folder)
    return replace(found, reference=reference) if found else None


def examine(adapter: Adapter, base: Base | None, origin: Origin) -> list[str]:
    """Check an adapter, against its base where that is at hand.

    Returns:
        Warnings.

    Raises:
        InputError: it is damaged, not finite, changes nothing, or was trained on another base.
    """
    if base is not None and origin.base_fingerprint not in (None, base.fingerprint):
        raise InputError(
            f"was trained on a base with fingerprint {origin.base_fingerprint}, not {base.fingerprint}",
            where=str(adapter.folder),
            mend=f"the base here is {base.reference}; name the right one with --base",
        )
    return examine_adapter(adapter, base)


def parameters_of(adapter: Adapter) -> int:
    """Numbers in the adapter's tensors."""
    total = 0
    for shape in tensor_shapes(weight_files(adapter.folder, "adapter_model")).values():
        size = 1
        for length in shape:
            size *= length
        total += size
    return total


def lasting_reference(base: Base) -> str:
    """How the registry names a base, from wherever it is asked: ``reference``, a full path or a hub id."""
    if base.folder == reference_model().resolve():
        return REFERENCE
    return str(base.folder) if Path(base.reference).expanduser().is_dir() else base.reference


def _or_none(reference: str) -> Base | None:
    try:
        return resolve_base(reference)
    except InputError:
        return None
