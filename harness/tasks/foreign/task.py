"""A task of lm-evaluation-harness, asked and judged as there."""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.metrics.lm_eval import INVALID, Pipeline, apply_pipeline
from harness.records import Answer, Decoding, InputError, Kind, Request, Response, RunError, Sample, content_hash
from harness.tasks.base import Task
from harness.tasks.definition import Definition
from harness.tasks.files import Row
from harness.tasks.foreign.config import IGNORED, MAX_TOKENS, LmEvalConfig, read_config
from harness.tasks.foreign.data import check_data, load_split
from harness.tasks.foreign.fields import Document
from harness.tasks.foreign.metric_list import metric_specs
from harness.tasks.foreign.samples import LmEvalSampleBuilder
from harness.tasks.foreign.trust import check_functions, run_function
from harness.tasks.foreign.yaml_files import Function, TaskFile

if TYPE_CHECKING:
    from datasets import Dataset

#: Tokens generated where a task does not say (``max_gen_toks`` of lm-evaluation-harness).
DEFAULT_MAX_TOKENS = 256
#: What a file says without changing what is measured: names, and where the data lies, which samples hold themselves.
_NOT_MEASURED = {
    *IGNORED,
    "dataset_path",
    "dataset_name",
    "dataset_kwargs",
    "training_split",
    "validation_split",
    "test_split",
    "metadata",
    "metric_list",
    "tag",
}
_OUTPUTS = {
    "generate_until": "generate",
    "multiple_choice": "multiple_choice",
    "loglikelihood": "loglikelihood",
    "loglikelihood_rolling": "perplexity",
}


class LmEvalDefinition(Definition):
    """What the manifest of a run says of such a task: its metrics, and the file's content with includes merged."""

    lm_eval: dict[str, Any]


class LmEvalTask(Task):
    """A task read from a YAML file of lm-evaluation-harness.

    Args:
        file: The file, includes merged.
        groups: Names of groups that the task was listed by; they become tags.

    Raises:
        InputError: something in it is wrong or not supported; with file, line and key.
    """

    definition: LmEvalDefinition

    def __init__(self, file: TaskFile, groups: tuple[str, ...] = ()) -> None:
        check_functions(file)
        self.config = read_config(file)
        check_data(self.config, file)
        super().__init__(_definition(self.config, file, groups), file.path)
        self.output = _OUTPUTS[self.config.output_type]
        self._file = file

    @cached_property
    def fingerprint(self) -> str:
        said = self.definition.lm_eval
        measured = [self.version, {key: value for key, value in said.items() if key not in _NOT_MEASURED}]
        # A sample's key holds its row, prompt and references, so data, examples and trusted Python are in it.
        keys = sorted(sample.key for sample in self._all_samples)
        return content_hash([measured, keys, [metric.signature for metric in self.metrics]])

    @cached_property
    def rows(self) -> list[Row]:
        label = f"{self.path.name}: {self.config.dataset_path}[{self.config.eval_split}]"
        return [Row(dict(row), f"{label} row {at}") for at, row in enumerate(self._measured, 1)]

    def builder(self) -> Callable[[Row], Sample]:
        return self._new_builder(self._examples() if self.config.shots else []).build

    def requests(self, sample: Sample, model: str, seed: int = 0, repetition: int = 0) -> list[Request]:
        if self.output == "generate":
            return [Request(model, Kind.GENERATE, sample.prompt, decoding=self._decoding(sample, seed))]
        if self.output == "perplexity":
            return [Request(model, Kind.ROLLING, sample.prompt)]
        return [
            Request(model, Kind.LOGLIKELIHOOD, context, continuations=continuations)
            for context, continuations in self._reader.scored(sample)
        ]

    def response(self, sample: Sample, answers: list[Answer], repetition: int = 0) -> Response:
        if self.output == "generate":
            (answer,) = answers
            if answer.generation is None:
                raise RunError("the engine gave no text", where=f"{self.name} {sample.key}")
            filters = Pipeline.validate_python(self.config.filter_list[0].filter if self.config.filter_list else [])
            text = apply_pipeline(filters, answer.generation.text, sample.document)
            return Response(sample, answer, None if text == INVALID else text)
        answer = Answer(likelihoods=tuple(one for some in answers for one in some.likelihoods))
        if self.output != "multiple_choice":
            return Response(sample, answer, None)
        totals = [one.total for one in answer.likelihoods[: len(sample.choices)]]
        if len(totals) != len(sample.choices):
            raise RunError("the engine did not score every choice", where=f"{self.name} {sample.key}")
        return Response(sample, answer, sample.choices[totals.index(max(totals))])

    @cached_property
    def _measured(self) -> "Dataset":
        found = self._rows(self.config.eval_split, self.config.process_docs)
        if not hasattr(found, "column_names"):
            raise InputError("process_docs gives no data set", where=self._file.where("process_docs"))
        return found

    @cached_property
    def _reader(self) -> LmEvalSampleBuilder:
        """Reads what is scored from samples that are there; it draws no examples."""
        return self._new_builder([])

    def _new_builder(self, pool: Sequence[Document]) -> LmEvalSampleBuilder:
        if not self.rows:
            raise InputError("holds no rows", where=str(self.path), mend="a task needs at least one")
        columns = list(self._measured.column_names)
        return LmEvalSampleBuilder(self.config, columns, self.rows[0], pool, str(self.path))

    def _examples(self) -> list[dict[str, Any]]:
        config = self.config
        if config.example_split is not None:
            return list(self._rows(config.example_split, config.for_examples("process_docs")))
        given = config.fewshot_config.samples
        if given is not None:
            return list(run_function(given)) if isinstance(given, Function) else given
        if config.training_split is not None:
            return list(self._rows(config.training_split, config.process_docs))
        if config.validation_split is not None:
            return list(self._rows(config.validation_split, config.process_docs))
        return list(self._measured)

    def _rows(self, split: str, process: Function | None) -> "Dataset":
        rows = load_split(self.config, self._file, split)
        return rows if process is None else run_function(process, rows)

    def _decoding(self, sample: Sample, seed: int) -> Decoding:
        config = self.config
        given = config.generation_kwargs
        if given is None:
            return Decoding(DEFAULT_MAX_TOKENS, tuple(filter(None, [config.fewshot_delimiter])))
        until = [config.fewshot_delimiter] if given.until is None else given.until
        stop = tuple(one for one in ([until] if isinstance(until, str) else until) if one)
        limit = next((value for name in MAX_TOKENS if (value := getattr(given, name)) is not None), DEFAULT_MAX_TOKENS)
        if given.do_sample is False or not given.temperature:
            return Decoding(limit, stop)
        own_seed = int(content_hash([seed, self.name, sample.key, 0]), 16) % 2**31
        return Decoding(limit, stop, given.temperature, given.top_p, given.top_k, own_seed)


def _definition(config: LmEvalConfig, file: TaskFile, groups: tuple[str, ...]) -> LmEvalDefinition:
    own = [config.tag] if isinstance(config.tag, str) else config.tag or []
    return LmEvalDefinition(
        task=config.task,
        version=config.version,
        description=f"lm-evaluation-harness task {Path(file.path).name}",
        tags=list(dict.fromkeys([*own, *groups])),
        metrics=list(metric_specs(config, file)),
        lm_eval=_plain(file.values),
    )


def _plain(value: Any) -> Any:
    """The value with Python named instead of held, and keys as texts."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, Function) else value
