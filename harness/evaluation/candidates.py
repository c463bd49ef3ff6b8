"""The models of a suite, examined before any of them is loaded."""

from dataclasses import dataclass

from harness.evaluation.suite import ModelEntry, Suite
from harness.models import Adapter, Base, Model, examine_adapter, resolve_adapter, resolve_base
from harness.records import InputError, ModelRow
from harness.registry import PREFIX, Registry


@dataclass(frozen=True)
class Candidates:
    """Models that may be asked, and rows for all models of the suite, the refused ones with the reason."""

    models: list[Model]
    rows: list[ModelRow]

    def without(self, reasons: dict[str, str]) -> "Candidates":
        """The same, with some models refused for a reason."""
        rows = [
            row.model_copy(update={"status": "refused", "reason": reasons[row.name]}) if row.name in reasons else row
            for row in self.rows
        ]
        return Candidates([model for model in self.models if model.name not in reasons], rows)


def examine(suite: Suite) -> Candidates:
    """Resolve and examine every model of a suite.

    Raises:
        InputError: the base or an adapter is unusable, unless the suite excludes refused adapters.
    """
    base = resolve_base(suite.base, revision=suite.revision, folder=suite.folder)
    found = Candidates([], [])
    for name in suite.models:
        model, row = _examined(suite, name, base)
        found.rows.append(row)
        if model is not None:
            found.models.append(model)
    return found


def _examined(suite: Suite, name: str, base: Base) -> tuple[Model | None, ModelRow]:
    entry = suite.models[name]
    if entry.adapter is None:
        return Model(name, base), ModelRow(name=name, base=base.reference, fingerprint=base.fingerprint)
    row = ModelRow(name=name, base=base.reference, adapter=entry.adapter, fingerprint="")
    try:
        adapter = _adapter(entry.adapter, entry, suite)
        examine_adapter(adapter, base)
    except InputError as error:
        refusal = InputError(error.what, where=f"model {name!r}, {error.where}".rstrip(", "), mend=error.mend)
        if suite.refused == "stop":
            raise refusal from error
        return None, row.model_copy(update={"status": "refused", "reason": str(refusal)})
    model = Model(name, base, adapter)
    return model, row.model_copy(update={"fingerprint": model.fingerprint})


def _adapter(reference: str, entry: ModelEntry, suite: Suite) -> Adapter:
    if not reference.startswith(PREFIX):
        return resolve_adapter(reference, revision=entry.revision, folder=suite.folder)
    if entry.revision:
        raise InputError("a registered adapter has no revision", where=reference, mend=f"write {PREFIX}NAME:VERSION")
    return Registry().adapter(reference)
