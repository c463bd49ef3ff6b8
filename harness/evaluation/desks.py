"""Opening the desks of a run: the suite's engine, and plain transformers + PEFT to hold it against."""

from pathlib import Path

from harness.engines import Encoder, Engine, EngineSettings, numerics, open_engine
from harness.evaluation.ask import Desk
from harness.evaluation.candidates import Candidates
from harness.evaluation.suite import NAMED_ELSEWHERE, Suite
from harness.records import files_hash
from harness.runs import AnswerStore, Run


def suite_desk(suite: Suite, candidates: Candidates, encoder: Encoder, run: Run, cache: Path | None) -> Desk:
    """The desk of the suite's own engine."""
    settings = suite.engine
    if settings.kind == "replay" and "path" in settings.options:
        path = str(suite.folder / str(settings.options["path"]))
        settings = settings.model_copy(update={"options": {**settings.options, "path": path}})
    return _desk(settings, candidates, encoder, run, cache)


def reference_desk(suite: Suite, candidates: Candidates, encoder: Encoder, run: Run, cache: Path | None) -> Desk:
    """The desk of transformers + PEFT: the same base and adapters, unmerged and unquantized."""
    return _desk(_reference(suite.engine), candidates, encoder, run, cache)


def is_reference(settings: EngineSettings) -> bool:
    """Whether the suite's own engine is what `reference_desk` would open."""
    return numerics(settings) == numerics(_reference(settings))


def _reference(settings: EngineSettings) -> EngineSettings:
    return EngineSettings(
        kind="transformers", dtype=settings.dtype, device=settings.device, max_model_len=settings.max_model_len
    )


def _desk(settings: EngineSettings, candidates: Candidates, encoder: Encoder, run: Run, cache: Path | None) -> Desk:
    def opened() -> Engine:
        return open_engine(settings, candidates.models, encoder)

    stores = [AnswerStore(path) for path in (run.answers_path, cache) if path is not None]
    how = numerics(settings) + _predictions(settings)
    # Where the weights are somebody else's, the name is all that tells two models apart.
    named = settings.kind in NAMED_ELSEWHERE
    identities = {m.name: f"{m.fingerprint}|{how}{'|' + m.name if named else ''}" for m in candidates.models}
    return Desk(stores, identities, opened)


def _predictions(settings: EngineSettings) -> str:
    """A replayed answer belongs to the file it was read from: another version of it is another answer."""
    if settings.kind != "replay":
        return ""
    pattern = Path(str(settings.options.get("path", "")).replace("{model}", "*"))
    return files_hash(path for path in pattern.parent.glob(pattern.name) if path.is_file())
