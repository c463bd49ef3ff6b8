"""Everything of a training that is known before a model is loaded: base, rows, and what the data doctor says."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from harness.engines.encoding import Encoder
from harness.models import Base, resolve_base
from harness.models.quiet import quiet_libraries
from harness.records import InputError, content_hash
from harness.training.canaries import planted_rows
from harness.training.forgetting.open import watched_by
from harness.training.forgetting.watched import Watched
from harness.training.loop.processes import process_count
from harness.training.recipes.recipe import Recipe
from harness.training.rows.doctor import Diagnosis, diagnose, fits
from harness.training.rows.encode import Learned, RowEncoder
from harness.training.rows.examples import DataFile, Example, PreferenceExample, read_file, read_preferences
from harness.training.rows.held_out import GROUPED_CHARACTERS, draw_held_out, keeps_together
from harness.training.rows.preference import encode_pairs
from harness.training.rows.screening import Screening, screen
from harness.training.start import Start, resolve_start

#: Rows longer than this are left out where neither the recipe nor the base says how long a row may be.
_LONGEST = 2048

_Files = tuple[DataFile[Example] | DataFile[PreferenceExample], ...]
_Encoded = Sequence[tuple[Example | PreferenceExample, Learned]]


@dataclass(frozen=True)
class Prepared:
    """Everything known before a model is loaded.

    Attributes:
        pad: Token id that fills shorter rows of a batch.
        longest: Tokens that a row may have at most.
        watched: What is measured of forgetting meanwhile; None where nothing is.
        start: The adapter that the training begins with; None where it begins afresh.
    """

    recipe: Recipe
    base: Base
    files: _Files
    held_out_files: _Files
    rows: tuple[Learned, ...]
    held_out: tuple[Learned, ...]
    diagnosis: Diagnosis
    screening: Screening
    chat: bool
    pad: int
    longest: int
    watched: Watched | None
    start: Start | None

    @property
    def data_fingerprint(self) -> str:
        """Hash of the conversations, or preferences, in their order, wherever they lie; held-out files come last."""
        return content_hash([one.said for file in (*self.files, *self.held_out_files) for one in file.examples])

    @property
    def fingerprint(self) -> str:
        """Identity of the training: equal fingerprints give equal adapters on one machine."""
        shared = [process_count()] if process_count() > 1 else []
        begun = [{"start": self.start.adapter.fingerprint}] if self.start else []
        what = [self.recipe.model_dump(mode="json"), self.base.fingerprint, self.data_fingerprint, library_versions()]
        return content_hash([*what, *shared, *begun])


def prepare(recipe: Recipe, folder: Path) -> Prepared:
    """Read, encode and check the data of a recipe, without loading the base's weights.

    Raises:
        InputError: recipe, base or data cannot be used.
    """
    quiet_libraries()
    base = resolve_base(recipe.base, revision=recipe.revision, folder=folder)
    start = resolve_start(recipe, folder, base)
    encoder = Encoder.load(base.folder)
    if recipe.format == "chat" and not encoder.renders_chat:
        raise InputError("format is chat, but the base has no chat template", where=recipe.base, mend="use text")
    chat = encoder.renders_chat and recipe.format != "text"
    coder = RowEncoder(encoder, chat=chat)
    files, encoded = _read(recipe, recipe.files, folder, coder)
    apart = [str(recipe.evaluation.data)] if recipe.evaluation.data else []
    held_out_files, held_out = _read(recipe, apart, folder, coder)
    own = [one for file in files for one in file.examples]
    drawn = draw_held_out(own, recipe.evaluation.fraction, recipe.seed)
    screening = screen(files)
    if recipe.canaries:
        planted = planted_rows(recipe.canaries)
        files, encoded = (*files, planted), [*encoded, *_encoded(planted, coder)]
    limit = _longest_row(recipe, base)
    examples = [one for file in (*files, *held_out_files) for one in file.examples]
    diagnosis = diagnose([row for _, row in (*encoded, *held_out)], examples, coder, limit)
    apart_warnings = (*_seen(encoded, held_out), *_apart(recipe, own))
    begun = start.warnings if start else ()
    warnings = (*begun, *diagnosis.warnings, *_context_taken(recipe, limit), *apart_warnings, *screening.warnings)
    fitting = [(example, row) for example, row in encoded if fits(row, limit)]
    pad = encoder.tokenizer.pad_token_id
    prepared = Prepared(
        recipe=recipe,
        base=base,
        files=files,
        held_out_files=held_out_files,
        rows=tuple(row for example, row in fitting if example.prompt_hash not in drawn),
        held_out=tuple(row for example, row in fitting if example.prompt_hash in drawn)
        + tuple(row for _, row in held_out if fits(row, limit)),
        diagnosis=replace(diagnosis, warnings=warnings),
        screening=screening,
        chat=chat,
        pad=0 if pad is None else int(pad),
        longest=limit,
        watched=watched_by(recipe, folder, base, encoder, own),
        start=start,
    )
    _refuse_empty(prepared, len(fitting) + len(held_out))
    return prepared


def _refuse_empty(prepared: Prepared, rows: int) -> None:
    if not prepared.rows or (prepared.recipe.evaluation.holds_out and not prepared.held_out):
        raise InputError(
            f"evaluation of {rows} rows leaves no row to " + ("measure on" if prepared.rows else "learn from"),
            where=prepared.recipe.adapter,
            mend="change evaluation.fraction, or add data",
        )


def _read(recipe: Recipe, names: Sequence[str], folder: Path, coder: RowEncoder) -> tuple[_Files, _Encoded]:
    """The data that a recipe's objective learns from, read and encoded."""
    if not recipe.objective.preferences:
        files = tuple(read_file(name, folder) for name in names)
        return files, [pair for file in files for pair in _encoded(file, coder)]
    preferences = tuple(read_preferences(name, folder) for name in names)
    examples = [one for file in preferences for one in file.examples]
    return preferences, list(zip(examples, encode_pairs(examples, coder), strict=True))


def _encoded(file: DataFile[Example], coder: RowEncoder) -> _Encoded:
    return [(one, row) for one in file.examples for row in coder.rows(one)]


def _context_taken(recipe: Recipe, limit: int) -> Iterable[str]:
    if taken := recipe.method.context_taken:
        yield f"{taken} virtual tokens leave {limit} tokens of the base's context to prompt and answer together"


def _apart(recipe: Recipe, own: Sequence[Example | PreferenceExample]) -> Iterable[str]:
    if recipe.evaluation.fraction and not keeps_together(own):
        yield (
            f"with more than {GROUPED_CHARACTERS:,} characters only equal prompts are held out together: near "
            "duplicates may be trained on; use harness data split and evaluation.data"
        )


def _seen(learned: _Encoded, held_out: _Encoded) -> Iterable[str]:
    """Held-out rows whose prompts are trained on measure memory."""
    known = {example.prompt_hash for example, _ in learned}
    seen = [example.where for example, _ in held_out if example.prompt_hash in known]
    if seen:
        named = ", ".join(dict.fromkeys(seen[:3]))
        yield f"{len(seen)} of {len(held_out)} rows of evaluation.data have prompts that are trained on ({named}...)"


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


def library_versions() -> dict[str, str]:
    """Versions of what decides the weights."""
    return {name: version(name) for name in ("torch", "transformers", "trl", "peft", "accelerate")}
