"""The suite: which models are asked which tasks, and what the gate demands."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator, model_validator

from harness.engines import EngineSettings
from harness.evaluation.forgetting import ForgettingSettings, Trained
from harness.evaluation.leakage import LeakageProbe
from harness.evaluation.part import Part
from harness.evaluation.probe import NoiseAudit, ParityProbe
from harness.records import InputError, Name, Rule, is_name, mended_name, nearest, read_document
from harness.sandbox import parse_level

#: Engines whose models are somebody else's, told apart by their names alone.
NAMED_ELSEWHERE = ("server", "replay")


class ModelEntry(BaseModel):
    """One model: the base as it is, or the base with an adapter (a folder, a hub id or ``registry:NAME:TAG``)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    adapter: str | None = None
    revision: str | None = None


class Suite(BaseModel):
    """What is evaluated. Read from YAML by `load_suite`, or made in Python."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    suite: Name
    base: str = Field("reference", description="hub id or folder; 'reference' is the embedded model")
    revision: str | None = None
    models: dict[str, ModelEntry]
    baseline: str | None = Field(None, description="the model candidates are compared with; the base if left out")
    engine: EngineSettings = EngineSettings()
    tasks: Annotated[list[str], Field(min_length=1)]
    limit: Annotated[int, Field(gt=0)] | None = Field(None, description="samples per task, drawn by seed")
    part: Part | None = Field(None, description="of these samples, only those of a part of their hashes")
    seed: int = 0
    refused: Literal["stop", "exclude"] = Field(
        "stop", description="what an adapter that fails a check does: stop the run, or be left out and fail the gate"
    )
    parity: ParityProbe | None = Field(None, description="hold the engine against transformers + PEFT")
    noise: NoiseAudit | None = Field(None, description="ask some greedy requests again: how often do answers flip?")
    leakage: LeakageProbe | None = Field(None, description="what do models give away of their training file?")
    forgetting: ForgettingSettings | None = Field(None, description="probes and targets by name; KL to the base")
    sequence: list[Trained] = Field([], description="models in the order of their training, each with its task")
    sandbox: str = Field("", description="isolation that generated code needs, such as landlock+seccomp")
    contamination: dict[str, str | list[str]] = Field(
        {}, description="for each model, the files it was trained on: samples that stand in them are counted"
    )
    gate: list[Rule] = []

    _folder: Path = PrivateAttr(default=Path())

    @property
    def folder(self) -> Path:
        """The folder that relative paths of the suite start from."""
        return self._folder

    @property
    def trained_on(self) -> dict[str, list[str]]:
        """The training files of each model, as far as they are named."""
        return {name: [files] if isinstance(files, str) else files for name, files in self.contamination.items()}

    @property
    def base_name(self) -> str:
        """The name of the model that is the bare base."""
        return next(name for name, entry in self.models.items() if entry.adapter is None)

    @property
    def baseline_name(self) -> str:
        return self.baseline or self.base_name

    def with_adapter(self, model: str, adapter: Path) -> "Suite":
        """The same suite with another adapter in a model's place, without models that neither it nor a rule needs."""
        named = {self.base_name, self.baseline_name, *(rule.than for rule in self.gate)}
        kept = {name: entry for name, entry in self.models.items() if name in named}
        models = {**kept, model: ModelEntry(adapter=str(adapter))}
        suite = self.model_copy(update={"models": models, "sequence": []})
        suite._folder = self._folder
        return suite

    @field_validator("sandbox")
    @classmethod
    def _known_level(cls, value: str) -> str:
        try:
            parse_level(value)
        except InputError as error:
            raise ValueError(str(error)) from None
        return value

    @model_validator(mode="after")
    def _models_make_sense(self) -> "Suite":
        for name in self.models:
            if not is_name(name):
                raise ValueError(f"model name {name[:120]!r}: {mended_name(name)}")
        bare = [name for name, entry in self.models.items() if entry.adapter is None]
        # A server or a file of predictions knows models by name; only here are two bare bases the same model twice.
        if len(bare) != 1 and not (bare and self.engine.kind in NAMED_ELSEWHERE):
            found = ", ".join(bare) or "none"
            raise ValueError(f"exactly one model is the bare base (an empty entry such as 'base: {{}}'), here: {found}")
        self._known("baseline", self.baseline, list(self.models))
        for name in self.contamination:
            self._known("contamination", name, list(self.models))
        for rule in self.gate:
            self._known("gate rule's 'than'", rule.than, ["base", "baseline", *self.models])
        return self

    @model_validator(mode="after")
    def _forgetting_makes_sense(self) -> "Suite":
        for step in self.sequence:
            self._known("sequence", step.model, list(self.models))
        for what in ("model", "task"):
            named = [getattr(step, what) for step in self.sequence]
            if len(set(named)) < len(named):
                raise ValueError(f"sequence: each training has a {what} of its own, here: {', '.join(named)}")
        if len(self.sequence) == 1:
            raise ValueError("sequence: one training is no sequence")
        if self.forgetting and self.forgetting.kl and self.engine.kind in NAMED_ELSEWHERE:
            raise ValueError(
                f"forgetting: kl needs the models' weights, which engine {self.engine.kind!r} does not have"
            )
        return self

    @staticmethod
    def _known(what: str, name: str | None, known: list[str]) -> None:
        if name is not None and name not in known:
            raise ValueError(f"{what} {name!r} is no model of the suite; {nearest(name, known)}")


def load_suite(path: Path | str) -> Suite:
    """Read a suite. Relative paths in it start from its own folder.

    Raises:
        InputError: naming file, line, what is wrong and the nearest known key.
    """
    path = Path(path)
    suite = read_document(path, Suite)
    suite._folder = path.resolve().parent
    return suite
