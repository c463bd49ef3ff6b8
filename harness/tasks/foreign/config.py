"""What a task of lm-evaluation-harness may say, read strictly, and what of it is not supported here.

The keys are those of ``lm_eval.config.task``, release 0.4.13. A key that changes nothing here is named in `IGNORED`.
"""

from collections.abc import Iterator
from typing import Any, Literal

from jinja2 import TemplateSyntaxError
from pydantic import BaseModel, ConfigDict, Field, InstanceOf, ValidationError

from harness.metrics.lm_eval import Pipeline
from harness.records import InputError, Name, nearest
from harness.tasks.foreign.templates import check_template
from harness.tasks.foreign.yaml_files import Function, TaskFile

OutputType = Literal["generate_until", "multiple_choice", "loglikelihood", "loglikelihood_rolling"]
#: Python is an instance that the reader made, never a mapping that looks like one.
Code = InstanceOf[Function]
#: A template or a column's name, a fixed place or list, or Python.
Source = str | int | list[Any] | dict[Any, Any] | Code
#: Keys that say nothing about a single measurement: names for tables, and a search for training data that leaked.
IGNORED = ("task_alias", "group", "group_alias", "task_list", "should_decontaminate", "doc_to_decontamination_query")
_REFUSED = {
    "class": "the task is a Python class",
    "custom_dataset": "its data comes from Python",
    "process_results": "its scores come from Python",
    "doc_to_image": "it asks about images",
    "doc_to_audio": "it asks about sound",
    "use_prompt": "its prompts come from promptsource",
}
#: Names that generation_kwargs has for the number of tokens, the first given one winning.
MAX_TOKENS = ("max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Fewshot(_Part):
    """``fewshot_config``: where examples come from, and what differs in how they are written."""

    sampler: Literal["default", "first_n"] = "default"
    split: str | None = None
    process_docs: Code | None = None
    samples: list[dict[str, Any]] | Code | None = None
    doc_to_text: Source | None = None
    doc_to_target: Source | None = None
    doc_to_choice: Source | None = None
    gen_prefix: str | None = None
    fewshot_delimiter: str | None = None
    target_delimiter: str | None = None


class GenerationKwargs(_Part):
    """``generation_kwargs``, under the names of `lm_eval.models.utils.normalize_gen_kwargs`."""

    until: str | list[str] | None = None
    max_gen_toks: int | None = Field(None, gt=0)
    max_new_tokens: int | None = Field(None, gt=0)
    max_tokens: int | None = Field(None, gt=0)
    max_completion_tokens: int | None = Field(None, gt=0)
    do_sample: bool | None = None
    temperature: float = Field(0.0, ge=0)
    top_p: float = Field(1.0, gt=0, le=1)
    top_k: int = Field(0, ge=0)
    num_beams: Literal[1] = 1


class FilterEntry(_Part):
    """One pipeline of ``filter_list``; several give several figures of each metric."""

    name: str
    filter: list[dict[str, Any]] = Field(min_length=1)


class LmEvalConfig(_Part):
    """The keys of a task, without those that are refused or ignored."""

    task: Name
    tag: str | list[str] | None = None
    dataset_path: str
    dataset_name: str | None = None
    dataset_kwargs: dict[str, Any] | None = None
    training_split: str | None = None
    validation_split: str | None = None
    test_split: str | None = None
    fewshot_split: str | None = None
    process_docs: Code | None = None
    doc_to_text: str | int | Code | None = None
    doc_to_target: Source | None = None
    doc_to_choice: Source | None = None
    unsafe_code: Literal[False] = False
    description: str = ""
    target_delimiter: str = " "
    fewshot_delimiter: str = "\n\n"
    fewshot_config: Fewshot = Fewshot()
    num_fewshot: int | None = Field(None, ge=0)
    metric_list: list[dict[str, Any]] | None = None
    output_type: OutputType = "generate_until"
    generation_kwargs: GenerationKwargs | None = None
    repeats: int = Field(1, gt=0)
    filter_list: list[FilterEntry] | None = None
    gen_prefix: str | None = None
    metadata: dict[str, Any] | None = None

    @property
    def eval_split(self) -> str:
        """The split that is measured: the test split, else the validation split."""
        return str(self.test_split if self.test_split is not None else self.validation_split)

    @property
    def example_split(self) -> str | None:
        """The split that few-shot examples are drawn from, where the task names one."""
        own = self.fewshot_config
        return own.split if "split" in own.model_fields_set else self.fewshot_split

    def for_examples(self, name: str) -> Any:
        """A setting as it holds for few-shot examples: their own where ``fewshot_config`` has it, else the task's."""
        own = self.fewshot_config
        return getattr(own if name in own.model_fields_set else self, name)

    @property
    def shots(self) -> int:
        """Number of few-shot examples."""
        return self.num_fewshot or 0

    @property
    def version(self) -> int | float | str:
        """``metadata.version``."""
        found = (self.metadata or {}).get("version", 0)
        return found if isinstance(found, int | float | str) else str(found)


def read_config(file: TaskFile) -> LmEvalConfig:
    """The task of a file.

    Raises:
        InputError: naming file, line and key of the first thing that is wrong or not supported.
    """
    for key, where in file.repeated:
        raise InputError(f"key {key!r} stands twice", where=where, mend="keep one")
    _refuse_keys(file)
    values = {key: value for key, value in file.values.items() if key not in IGNORED and value is not None}
    metadata = values.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        values["metadata"] = {"_metadata": metadata}
    try:
        config = LmEvalConfig.model_validate(values)
    except ValidationError as error:
        raise _explain(error, file) from None
    _check_parts(config, file)
    for key, source in _templates(config):
        try:
            check_template(source)
        except TemplateSyntaxError as error:
            what = f"'{key}': bad template, its line {error.lineno}: {error.message}"
            raise InputError(what, where=file.where(*key.split("."))) from None
    return config


def _refuse_keys(file: TaskFile) -> None:
    known = [*LmEvalConfig.model_fields, *IGNORED, *_REFUSED]
    for key, value in file.values.items():
        if key in _REFUSED and value not in (None, False):
            shown = f" ({value})" if isinstance(value, Function) else ""
            raise InputError(f"'{key}' is not supported: {_REFUSED[key]}{shown}", where=file.where(key))
        if key not in known:
            raise InputError(f"unknown key {key!r}", where=file.where(key), mend=nearest(key, known))


def _check_parts(config: LmEvalConfig, file: TaskFile) -> None:
    if config.test_split is None and config.validation_split is None:
        raise InputError("names no test_split and no validation_split", where=file.where("dataset_path"))
    if config.output_type == "multiple_choice" and config.doc_to_choice is None:
        raise InputError("output_type multiple_choice needs 'doc_to_choice'", where=file.where("output_type"))
    for key in ("doc_to_text", "doc_to_target"):
        if getattr(config, key) is None:
            raise InputError(f"'{key}' is missing", where=file.where(key), mend="add it")
    if isinstance(config.doc_to_text, int) and config.doc_to_choice is None:
        raise InputError("a number in 'doc_to_text' needs 'doc_to_choice'", where=file.where("doc_to_text"))
    _check_filters(config, file)


def _check_filters(config: LmEvalConfig, file: TaskFile) -> None:
    for at, entry in enumerate(config.filter_list or ()):
        if config.repeats > 1 and all(step.get("function") != "take_first" for step in entry.filter):
            what = f"several of {config.repeats} answers to one row are not supported"
            raise InputError(what, where=file.where("filter_list", at), mend="take_first, or repeats: 1")
        for place, step in enumerate(entry.filter):
            where = file.where("filter_list", at, "filter", place)
            name = step.get("function")
            if config.output_type != "generate_until" and name != "take_first":
                raise InputError(f"filter {str(name)!r} reads text; this output generates none", where=where)
            if place and entry.filter[place - 1].get("function") == "take_first":
                raise InputError(f"filter {str(name)!r} after take_first would read single letters", where=where)
            if config.repeats > 1 and name == "majority_vote":
                raise InputError(f"filter {name!r} over {config.repeats} repeats is not supported", where=where)
            _check_filter(step, where)


def _check_filter(step: dict[str, Any], where: str) -> None:
    try:
        Pipeline.validate_python([step])
    except ValidationError as error:
        first = error.errors()[0]
        names = [str(part) for part in first["loc"][2:]]
        if first["type"] in ("union_tag_invalid", "union_tag_not_found"):
            raise InputError(f"filter '{step.get('function')}' is not supported", where=where) from None
        raise InputError(f"filter {step['function']!r}: {'.'.join(names)}: {first['msg']}", where=where) from None


def _templates(config: LmEvalConfig) -> Iterator[tuple[str, str]]:
    for prefix, part in (("", config), ("fewshot_config.", config.fewshot_config)):
        for name in ("description", "doc_to_text", "doc_to_target", "doc_to_choice", "gen_prefix"):
            source = getattr(part, name, None)
            if isinstance(source, str):
                yield prefix + name, source


def _explain(error: ValidationError, file: TaskFile) -> InputError:
    first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    # A union adds the names of its branches to the place; only steps that stand in the file have a line.
    steps = [step for step in first["loc"] if isinstance(step, int) or (step.isidentifier() and step not in _BRANCHES)]
    dotted = ".".join(str(step) for step in steps)
    where = file.where(*steps)
    if first["type"] == "missing":
        return InputError(f"'{dotted}' is missing", where=where, mend="add it")
    if first["type"] == "extra_forbidden":
        known = list(_PARTS.get(str(steps[0]), FilterEntry).model_fields)
        return InputError(f"'{dotted}' is not supported", where=where, mend=nearest(str(steps[-1]), known))
    got = first["input"]
    if isinstance(got, Function):
        return InputError(f"'{dotted}' is not supported: it is Python ({got})", where=where)
    shown = f" (got {got!r:.60})" if isinstance(got, str | int | float | bool) else ""
    return InputError(f"'{dotted}': {first['msg'][:1].lower()}{first['msg'][1:]}{shown}", where=where)


_PARTS: dict[str, type[_Part]] = {"fewshot_config": Fewshot, "generation_kwargs": GenerationKwargs}
_BRANCHES = {"str", "int"}
