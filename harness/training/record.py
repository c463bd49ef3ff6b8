"""``training.json``: what made an adapter, and what was seen while it was made."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from harness.training.loop.plan import Plan
from harness.training.loop.processes import process_count
from harness.training.loop.steps import StepLog, loss_summary
from harness.training.rows.preference_figures import preference_figures
from harness.training.rows.prepare import Prepared, library_versions

if TYPE_CHECKING:
    from harness.training.loop.run import Outcome


def training_record(
    prepared: Prepared, plan: Plan, outcome: "Outcome", log: StepLog, warnings: Sequence[str]
) -> dict[str, Any]:
    """All of the record that does not depend on the machine or on how often the training was interrupted."""
    recipe = prepared.recipe
    record = _made_from(prepared) | {
        "learning_rate": recipe.learning_rate,
        "steps": outcome.steps,
        "planned_steps": plan.steps,
        "saved_step": outcome.saved_step,
        "tokens": plan.tokens_at[outcome.steps - 1],
        "processes": process_count(),
        "rows_a_step": plan.rows_a_step,
        "losses": loss_summary(log.losses) | outcome.losses,
        "warnings": [*prepared.diagnosis.warnings, *warnings],
    }
    if (rule := recipe.evaluation.early_stopping) and outcome.steps < plan.steps:
        reason = f"stopped after step {outcome.steps} of {plan.steps}: {rule.patience} measurements in a row "
        record["stopped_early"] = {"step": outcome.steps, "reason": reason + "no better than the best held-out loss"}
    if recipe.objective.preferences:
        record["preference"] = preference_figures(log.path, outcome.saved_step)
    return record


def _made_from(prepared: Prepared) -> dict[str, Any]:
    files = zip([*prepared.recipe.files, "canaries"], prepared.files, strict=False)
    return {
        "adapter": prepared.recipe.adapter,
        "fingerprint": prepared.fingerprint,
        "recipe": prepared.recipe.model_dump(mode="json"),
        "base": prepared.base.reference,
        "base_fingerprint": prepared.base.fingerprint,
        **_begun_with(prepared),
        "data": {
            "fingerprint": prepared.data_fingerprint,
            "files": [{"path": path, "form": read.form, "rows": len(read.examples)} for path, read in files],
            "held_out": len(prepared.held_out),
        },
        "chat_template": prepared.chat,
        "doctor": prepared.diagnosis.to_json() | {"data": prepared.screening.to_json()},
        "versions": library_versions(),
    }


def _begun_with(prepared: Prepared) -> dict[str, Any]:
    """The adapter that the training began with; nothing where it began afresh."""
    written = prepared.recipe.begins_with
    if prepared.start is None or written is None:
        return {}
    revision = {"revision": written.revision} if written.revision else {}
    adapter = prepared.start.adapter
    return {"start": {"adapter": adapter.reference, **revision, "fingerprint": adapter.fingerprint}}
