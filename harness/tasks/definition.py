"""What a task.yaml may say, read strictly. Nothing here touches data or models."""

from pathlib import Path
from typing import Annotated, Any, Literal

from jinja2 import TemplateSyntaxError
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from harness.records import HubId, Name, Word
from harness.tasks.filters import FilterSpec
from harness.tasks.templates import check_template

Output = Literal["generate", "multiple_choice", "loglikelihood", "perplexity"]
Format = Literal["text", "chat", "instruction"]
FileFormat = Literal["jsonl", "json", "csv", "tsv", "parquet", "txt"]


def _template(source: str) -> str:
    try:
        check_template(source)
    except TemplateSyntaxError as error:
        raise ValueError(f"bad template, its line {error.lineno}: {error.message}") from None
    return source


def _index_as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _below(path: str) -> str:
    if Path(path).is_absolute() or ".." in Path(path).parts:
        raise ValueError("must be a path below the folder it belongs to, without '..'")
    return path


#: A path that cannot leave its folder.
Below = Annotated[str, AfterValidator(_below)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileOptions(_Part):
    """How a data file is read and which fields its rows are given.

    Attributes:
        format: Told by the file's name unless given.
        columns: Names of the columns of a csv or tsv file without a header.
        map: Field name to column name, or to a template over the columns (a single ``{{ expression }}`` keeps its
            type: a list stays a list). Rows then hold these fields only.
        where: A template over the row's fields; rows for which it does not give ``True`` are left out.
    """

    format: FileFormat | None = None
    columns: list[str] | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    encoding: str = "utf-8"
    map: dict[str, str] = {}
    where: str | None = None

    @field_validator("map")
    @classmethod
    def _map_templates(cls, value: dict[str, str]) -> dict[str, str]:
        return {name: _template(source) for name, source in value.items()}

    @field_validator("where")
    @classmethod
    def _where_template(cls, value: str | None) -> str | None:
        return value if value is None else _template(value)


class MirrorOptions(FileOptions):
    """The original files of a hub data set, as a folder of local mirrors may hold them (paths below that folder)."""

    path: Below
    fewshot: Below | None = None


class DataSource(FileOptions):
    """Where a task's rows come from: a file of the pack, or a hub data set.

    Attributes:
        path: A file beside task.yaml.
        hub: Hub id ``org/name``; ``revision`` pins it, ``config`` and ``split`` choose within it.
        fewshot: File (with ``path``) or split (with ``hub``) that few-shot examples are drawn from.
        mirror: How to read the data set's original files where ``HARNESS_DATA`` holds those.
    """

    path: Below | None = None
    hub: HubId | None = None
    revision: str | None = None
    config: Word | None = None
    split: Word = "test"
    fewshot: Below | None = None
    mirror: MirrorOptions | None = None

    @model_validator(mode="after")
    def _one_source(self) -> "DataSource":
        if (self.path is None) == (self.hub is None):
            raise ValueError("data takes either 'path' (a file beside task.yaml) or 'hub' (a hub id)")
        hub_only = {"revision": self.revision, "config": self.config, "mirror": self.mirror}
        given = [name for name, value in hub_only.items() if value is not None]
        if self.path is not None and given:
            raise ValueError(f"{given[0]!r} goes with 'hub', not with 'path'")
        return self


class FewShot(_Part):
    """Solved examples before the question, drawn once for the task from the few-shot data."""

    count: Annotated[int, Field(ge=0, le=256)] = 0
    seed: int = 0


class GenerationSettings(_Part):
    """How text is generated; greedy unless ``temperature`` is above zero. ``repeats``: generations of each sample."""

    max_tokens: Annotated[int, Field(gt=0)] = 64
    repeats: Annotated[int, Field(gt=0, le=1000)] = 1
    stop: list[str] = []
    temperature: Annotated[float, Field(ge=0)] = 0.0
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    top_k: Annotated[int, Field(ge=0)] = 0

    @field_validator("stop")
    @classmethod
    def _no_empty_stop(cls, value: list[str]) -> list[str]:
        if "" in value:
            raise ValueError("an empty stop string would end every generation at once")
        return value

    @model_validator(mode="after")
    def _repeats_differ(self) -> "GenerationSettings":
        if self.repeats > 1 and not self.temperature:
            raise ValueError(f"greedy decoding gives the same text {self.repeats} times: set temperature above 0")
        return self


class Definition(_Part):
    """What every task says, whatever format it was written in.

    Attributes:
        task: Name; the folder of a registered pack carries the same.
        labels: The closed set of answers, for classification.
        cluster: The source that samples share (the same passage, patient, author): a field's name, or a template.
            Intervals and tests then count sources, not samples.
        metrics: Names, or mappings with ``name`` and options. The first is the task's main figure.
    """

    task: Name
    version: int | float | str = 1
    description: str = ""
    tags: list[str] = []
    license: str = ""
    labels: list[str] = []
    cluster: str | None = None
    metrics: Annotated[list[str | dict[str, Any]], Field(min_length=1)]


class TaskDefinition(Definition):
    """A task.yaml. Templates are Jinja2 over the fields of one row of data.

    Attributes:
        output: What is asked of the model: new text, the likeliest of given choices, the likelihood of the target,
            or the likelihood of a whole text.
        format: ``text`` is continued as it stands, ``chat`` goes through the model's chat template, ``instruction`` is
            the classic ``### Instruction: / ### Input: / ### Response:`` form.
        prompt: The question; for ``perplexity`` the text itself.
        input: The ``### Input:`` part of the instruction form.
        target: The expected answer; for multiple choice the choice or its index.
        references: Instead of ``target``, several acceptable answers: templates, or one that gives a list.
        choices: For multiple choice: templates, or one that gives a list.
        filters: What is read from the generated text before metrics see it, in order.
    """

    version: int = 1
    data: DataSource
    output: Output = "generate"
    format: Format = "text"
    system: str | None = None
    prompt: str
    input: str | None = None
    target: Annotated[str | None, BeforeValidator(_index_as_text)] = None
    references: str | list[str] | None = None
    choices: str | list[str] | None = None
    fewshot: FewShot = FewShot()
    generation: GenerationSettings = GenerationSettings()
    filters: list[FilterSpec] = []

    @field_validator("system", "prompt", "input", "target", "references", "choices")
    @classmethod
    def _templates(cls, value: str | list[str] | None) -> str | list[str] | None:
        for source in [value] if isinstance(value, str) else value or []:
            _template(source)
        return value

    @field_validator("cluster")
    @classmethod
    def _cluster_template(cls, value: str | None) -> str | None:
        return value if value is None else _template(value)

    @field_validator("labels")
    @classmethod
    def _labels_differ(cls, value: list[str]) -> list[str]:
        if len(set(value)) < len(value):
            raise ValueError("a label stands twice")
        return value

    @model_validator(mode="after")
    def _parts_fit(self) -> "TaskDefinition":
        if self.target is not None and self.references is not None:
            raise ValueError("give either 'target' or 'references'")
        if (self.output == "multiple_choice") != (self.choices is not None):
            raise ValueError("'choices' and output multiple_choice go together")
        if self.output in ("multiple_choice", "loglikelihood") and self.target is None:
            raise ValueError(f"output {self.output} needs a 'target'")
        if self.output == "perplexity" and (self.format != "text" or self.system or self.fewshot.count):
            raise ValueError("output perplexity scores the prompt as plain text: no chat, system prompt or few-shot")
        if self.input is not None and self.format != "instruction":
            raise ValueError("'input' goes with format instruction")
        if self.fewshot.count and self.data.fewshot is None:
            raise ValueError("few-shot examples need data.fewshot: the file or split they are drawn from")
        if self.filters and self.output != "generate":
            raise ValueError("'filters' read generated text; this output generates none")
        if self.generation.repeats > 1 and self.output != "generate":
            raise ValueError("generation.repeats goes with output generate")
        return self
