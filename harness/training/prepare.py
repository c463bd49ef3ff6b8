"""Everything of a training that is known before a model is loaded: base, rows, and what the data doctor says."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from harness.engines.encoding import Encoder
from harness.models import Base, resolve_base
from harness.records import InputError, content_hash
from harness.training.canaries import planted_rows
from harness.training.doctor import Diagnosis, diagnose, fits
from harness.training.encode import Learned, RowEncoder
from harness.training.examples import DataFile, Example, PreferenceExample, read_file, read_preferences
from harness.training.forgetting.open import watched_by
from harness.training.forgetting.watched import Watched
from harness.training.preference import encode_pairs
from harness.training.processes import process_count
from harness.training.recipe import Recipe

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
    """

    recipe: Recipe
    base: Base
    files: _Files
    rows: tuple[Learned, ...]
    held_out: tuple[Learned, ...]
    diagnosis: Diagnosis
    chat: bool
    pad: int
    longest: int
    watched: Watched | None

    @property
    def data_fingerprint(self) -> str:
        """Hash of the conversations, or preferences, in their order, wherever their files lie."""
        return content_hash([one.said for file in self.files for one in file.examples])

    @property
    def fingerprint(self) -> str:
        """Identity of the training: equal fingerprints give equal adapters on one machine."""
        shared = [process_count()] if process_count() > 1 else []
        what = [self.recipe.model_dump(mode="json"), self.base.fingerprint, self.data_fingerprint, library_versions()]
        return content_hash([*what, *shared])


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
    files, encoded = (_preferences if recipe.objective.preferences else _conversations)(recipe, folder, coder)
    limit = _longest_row(recipe, base)
    examples = [one for file in files for one in file.examples]
    diagnosis = diagnose([row for _, row in encoded], examples, coder, limit)
    if taken := recipe.method.context_taken:
        shrinks = f"{taken} virtual tokens leave {limit} tokens of the base's context to prompt and answer together"
        diagnosis = replace(diagnosis, warnings=(*diagnosis.warnings, shrinks))
    fitting = [(example, row) for example, row in encoded if fits(row, limit)]
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
        longest=limit,
        watched=watched_by(recipe, folder, base, encoder, own),
    )
    if not prepared.rows or (recipe.evaluation.fraction and not prepared.held_out):
        raise InputError(
            f"evaluation.fraction {recipe.evaluation.fraction} of {len(fitting)} rows leaves no row to "
            + ("measure on" if prepared.rows else "learn from"),
            where=recipe.adapter,
            mend="change the fraction, or add data",
        )
    return prepared


def _conversations(recipe: Recipe, folder: Path, coder: RowEncoder) -> tuple[_Files, _Encoded]:
    files = tuple(read_file(folder / name) for name in recipe.files)
    if recipe.canaries:
        files = (*files, planted_rows(recipe.canaries))
    return files, [(one, row) for file in files for one in file.examples for row in coder.rows(one)]


def _preferences(recipe: Recipe, folder: Path, coder: RowEncoder) -> tuple[_Files, _Encoded]:
    files = tuple(read_preferences(folder / name) for name in recipe.files)
    examples = [one for file in files for one in file.examples]
    return files, list(zip(examples, encode_pairs(examples, coder), strict=True))


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


def _is_held_out(example: Example | PreferenceExample, recipe: Recipe) -> bool:
    """By a hash of the prompt, so that equal prompts never stand on both sides."""
    if not recipe.evaluation.fraction:
        return False
    digits = content_hash([recipe.seed, example.prompt_hash])
    return int(digits, 16) / 16 ** len(digits) < recipe.evaluation.fraction


def library_versions() -> dict[str, str]:
    """Versions of what decides the weights."""
    return {name: version(name) for name in ("torch", "transformers", "trl", "peft", "accelerate")}
