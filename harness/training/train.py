"""Recipe and data to a trained adapter: read, check, encode, train, save. A killed training goes on from there."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from harness.engines.encoding import Encoder
from harness.models import Adapter, Base, resolve_adapter, resolve_base
from harness.models.examine import TRAINING_RECORD
from harness.models.quiet import quiet_libraries
from harness.records import InputError, RunError, content_hash
from harness.records.progress import Progress, silent
from harness.training.canaries import planted_rows, write_canaries
from harness.training.doctor import Diagnosis, diagnose
from harness.training.encode import Row, RowEncoder
from harness.training.examples import DataFile, Example, read_file
from harness.training.folders import begin, publish, refuse_foreign_folder, write_json
from harness.training.methods import Full
from harness.training.order import batch_order, total_steps
from harness.training.recipe import Recipe, read_recipe
from harness.training.steps import Step, StepLog, advice, loss_summary

#: Rows longer than this are left out where neither the recipe nor the base says how long a row may be.
_LONGEST = 2048


@dataclass(frozen=True)
class Prepared:
    """Everything known before a model is loaded."""

    recipe: Recipe
    base: Base
    files: tuple[DataFile, ...]
    rows: tuple[Row, ...]
    held_out: tuple[Row, ...]
    diagnosis: Diagnosis
    chat: bool
    pad: int

    @property
    def data_fingerprint(self) -> str:
        """Hash of the conversations in their order, wherever their files lie."""
        turns = [[(turn.role, turn.content) for turn in one.turns] for file in self.files for one in file.examples]
        return content_hash(turns)

    @property
    def fingerprint(self) -> str:
        """Identity of the training: equal fingerprints give equal adapters on one machine."""
        return content_hash(
            [self.recipe.model_dump(mode="json"), self.base.fingerprint, self.data_fingerprint, _versions()]
        )


def train(
    recipe: Recipe | Path | str,
    out: Path | str | None = None,
    *,
    seed: int | None = None,
    folder: Path = Path(),
    progress: Progress = silent,
    watch: Callable[[Step], None] | None = None,
    warn: Callable[[str], None] | None = None,
) -> Adapter | Base:
    """Train the adapter of a recipe, or with ``kind: full`` a new base.

    ``out`` appears whole at the end: a PEFT folder with ``training.json`` (recipe, fingerprints of data and base,
    versions, what the data doctor found, losses) and ``metrics.jsonl`` (one line a step). Until then the work lies in
    ``.<name>.partial`` beside it, from which the same recipe goes on after a kill. On one machine, equal recipe, data
    and seed give equal bytes.

    Args:
        recipe: A recipe, or the file of one.
        out: Folder to write; ``out/<adapter>`` if left out. An earlier training there is replaced.
        seed: Instead of the recipe's.
        folder: What the recipe's paths are relative to, when ``recipe`` is not a file.
        progress: Called with the stage, the steps done and the steps in all.
        watch: Called with loss, learning rate and tokens after each step.
        warn: Called with each warning, in words.

    Raises:
        InputError: recipe, base or data cannot be used; nothing was trained.
        RunError: the training broke; starting it again goes on from its last checkpoint.
    """
    if not isinstance(recipe, Recipe):
        folder, recipe = Path(recipe).parent, read_recipe(Path(recipe))
    if seed is not None:
        recipe = Recipe.model_validate(recipe.model_dump() | {"seed": seed})
    target = Path(out) if out is not None else Path("out") / recipe.adapter
    refuse_foreign_folder(target)
    prepared = prepare(recipe, folder)
    say = warn or (lambda text: None)
    for warning in prepared.diagnosis.warnings:
        say(warning)
    try:
        partial = begin(target, prepared.fingerprint)
        for warning in _train_into(prepared, partial, _tell(recipe, progress, watch)):
            say(warning)
        publish(partial, target)
    except OSError as error:
        raise RunError(f"cannot be saved ({error})", where=str(target), mend="free space or fix access") from error
    resolve = resolve_base if isinstance(recipe.method, Full) else resolve_adapter
    return resolve(str(target.resolve()))


def prepare(recipe: Recipe, folder: Path) -> Prepared:
    """Read, encode and check the data of a recipe, without loading the base's weights.

    Raises:
        InputError: recipe, base or data cannot be used.
    """
    base = resolve_base(recipe.base, revision=recipe.revision, folder=folder)
    encoder = Encoder.load(base.folder)
    if recipe.format == "chat" and not encoder.renders_chat:
        raise InputError("format is chat, but the base has no chat template", where=recipe.base, mend="use text")
    chat = encoder.renders_chat and recipe.format != "text"
    coder = RowEncoder(encoder, chat=chat)
    files = tuple(read_file(folder / name) for name in recipe.files)
    if recipe.canaries:
        files = (*files, planted_rows(recipe.canaries))
    examples = [one for file in files for one in file.examples]
    encoded = [(example, row) for example in examples for row in coder.rows(example)]
    limit = _longest_row(recipe, base)
    diagnosis = diagnose([row for _, row in encoded], examples, coder, limit)
    if taken := recipe.method.context_taken:
        shrinks = f"{taken} virtual tokens leave {limit} tokens of the base's context to prompt and answer together"
        diagnosis = replace(diagnosis, warnings=(*diagnosis.warnings, shrinks))
    fitting = [(example, row) for example, row in encoded if len(row.ids) <= limit]
    own = [one for file in files[: len(recipe.files)] for one in file.examples]
    held_out = {one.prompt_hash for one in own if _is_held_out(one, recipe)}
    pad = encoder.tokenizer.pad_token_id
    prepared = Prepared(
        recipe=recipe,
        base=base,
        files=files,
        rows=tuple(row for example, row in fitting if example.prompt_hash not in held_out),
        held_out=tuple(row for example, row in fitting if example.prompt_hash in held_out),
        diagnosis=diagnosis,
        chat=chat,
        pad=0 if pad is None else int(pad),
    )
    if not prepared.rows or (recipe.evaluation.fraction and not prepared.held_out):
        raise InputError(
            f"evaluation.fraction {recipe.evaluation.fraction} of {len(fitting)} rows leaves no row to "
            + ("measure on" if prepared.rows else "learn from"),
            where=recipe.adapter,
            mend="change the fraction, or add data",
        )
    return prepared


def _longest_row(recipe: Recipe, base: Base) -> int:
    context = base.context_length or _LONGEST
    left = context - recipe.method.context_taken
    if left < 2:
        raise InputError(
            f"{recipe.method.context_taken} virtual tokens fill the base's context of {context}",
            where=f"{recipe.adapter}: method",
            mend="lower virtual_tokens",
        )
    return min(recipe.max_length or _LONGEST, left)


def _is_held_out(example: Example, recipe: Recipe) -> bool:
    """By a hash of the prompt, so that equal prompts never stand on both sides."""
    if not recipe.evaluation.fraction:
        return False
    digits = content_hash([recipe.seed, example.prompt_hash])
    return int(digits, 16) / 16 ** len(digits) < recipe.evaluation.fraction


def _tell(recipe: Recipe, progress: Progress, watch: Callable[[Step], None] | None) -> Callable[[Step], None]:
    def tell(step: Step) -> None:
        progress(f"train {recipe.adapter}", step.step, step.steps)
        if watch:
            watch(step)

    return tell


def _train_into(prepared: Prepared, partial: Path, watch: Callable[[Step], None]) -> list[str]:
    """Run the loop in the partial folder and leave the finished adapter in its ``adapter`` folder."""
    quiet_libraries()
    from harness.training.adapted import save_trained, trainable_model, training_dtype
    from harness.training.loop import last_checkpoint, run_loop
    from harness.training.moved_base import keep_start

    recipe = prepared.recipe
    dtype = training_dtype(recipe.dtype)
    checkpoint = last_checkpoint(partial)
    resumed_from = int(checkpoint.name.rpartition("-")[2]) if checkpoint else 0
    log = StepLog(partial / "metrics.jsonl", resumed_from, watch)
    started = time.monotonic()
    plan = _plan(prepared)
    model = trainable_model(prepared.base, recipe, dtype, plan.steps)
    start = keep_start(model, recipe, partial)
    trained_parameters = sum(p.numel() for p in model.parameters() if p.requires_grad)
    figures = run_loop(model, plan, recipe, partial, pad=prepared.pad, dtype=dtype, watch=log)
    finished = partial / "adapter"
    shutil.rmtree(finished, ignore_errors=True)
    save_trained(model, prepared.base, recipe, finished, start, prepared.rows)
    shutil.copyfile(partial / "metrics.jsonl", finished / "metrics.jsonl")
    if recipe.canaries:
        write_canaries(recipe.canaries, finished)
    warnings = advice(log.losses)
    record = _record(prepared) | {
        "dtype": dtype,
        "trained_parameters": trained_parameters,
        "learning_rate": recipe.learning_rate,
        "steps": plan.steps,
        "tokens": plan.tokens_at[-1],
        "resumed_from_step": resumed_from,
        "seconds": round(time.monotonic() - started, 3),
        "losses": loss_summary(log.losses) | figures,
        "warnings": [*prepared.diagnosis.warnings, *warnings],
    }
    write_json(finished / TRAINING_RECORD, record)
    return warnings


def _plan(prepared: Prepared) -> Any:
    from harness.training.loop import Plan

    schedule, rows = prepared.recipe.schedule, prepared.rows
    steps = total_steps(len(rows), schedule)
    lengths = [len(row.ids) for row in rows]
    batches = steps * schedule.gradient_accumulation
    order = batch_order(lengths, schedule.batch_size, batches, prepared.recipe.seed)
    width = len(order) // steps
    seen, tokens_at = 0, []
    for step in range(steps):
        seen += sum(lengths[row] for row in order[step * width : (step + 1) * width])
        tokens_at.append(seen)
    return Plan(rows, prepared.held_out, order, steps, tokens_at)


def _record(prepared: Prepared) -> dict[str, Any]:
    return {
        "adapter": prepared.recipe.adapter,
        "fingerprint": prepared.fingerprint,
        "recipe": prepared.recipe.model_dump(mode="json"),
        "base": prepared.base.reference,
        "base_fingerprint": prepared.base.fingerprint,
        "data": {
            "fingerprint": prepared.data_fingerprint,
            "files": [{"path": file, "form": read.form, "rows": len(read.examples)}
                      for file, read in zip([*prepared.recipe.files, "canaries"], prepared.files, strict=False)],
            "held_out": len(prepared.held_out),
        },
        "chat_template": prepared.chat,
        "doctor": prepared.diagnosis.to_json(),
        "versions": _versions(),
    }  # fmt: skip


def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("torch", "transformers", "peft", "accelerate")}
