"""The replay engine: scores predictions that someone else made, from a JSONL or Parquet file. No model is loaded."""

import json
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from harness.engines.base import Answered, Engine, EngineSettings
from harness.engines.encoding import Encoder
from harness.engines.options import read_options
from harness.models import Model
from harness.records import (
    Answer,
    Generation,
    InputError,
    Kind,
    Message,
    Prompt,
    Request,
    content_hash,
    files_hash,
    nearest,
    prompt_text,
    reason,
)

#: Answers handed on together.
BATCH = 256


class ReplayOptions(BaseModel):
    """Where the predictions lie and which fields hold what.

    Attributes:
        path: A ``.jsonl`` or ``.parquet`` file, one row a prediction. ``predictions/{model}.jsonl`` reads one file a
            model.
        prompt_field: What the prediction answers: the prompt as text, its turns, or its hash (`prompt_hash`).
        response_field: The predicted text.
        model_field: Names the model of the suite that a row belongs to, in a file that holds several; rows of a file
            without this field belong to every model that reads it.
        repetition_field: Numbers the predictions for one prompt from 0, for tasks that generate a sample several
            times; a row without it is the first.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str
    prompt_field: str = "prompt"
    response_field: str = "response"
    model_field: str = "model"
    repetition_field: str = "repetition"


def prompt_hash(prompt: Prompt) -> str:
    """A short identity of a prompt, for files that do not repeat it: the hash of its text, roles left out."""
    return content_hash(prompt_text(prompt))


class ReplayEngine(Engine):
    """Answers what is asked with what a file says was answered.

    A request finds its prediction by its prompt: as plain text, as its turns, as the rendered text that the model
    saw, or as `prompt_hash`.
    """

    name = "replay"

    def __init__(self, settings: EngineSettings, models: Sequence[Model], encoder: Encoder) -> None:
        self._options = read_options(settings, ReplayOptions)
        self._encoder = encoder
        self._paths = {model.name: Path(self._options.path.replace("{model}", model.name)) for model in models}
        read = {path: _read(path, self._options) for path in dict.fromkeys(self._paths.values())}
        self._said = {name: _of_model(read[path], name) for name, path in self._paths.items()}

    def answer(self, requests: Sequence[Request], known: Container[Request] = ()) -> Iterator[Answered]:
        distinct = list(dict.fromkeys(requests))
        found = {request: self._find(request, repetition) for request, repetition in _numbered(distinct)}
        absent = [request for request, text in found.items() if text is None]
        if absent:
            raise self._explain(absent, len(distinct))
        for start in range(0, len(distinct), BATCH):
            batch = distinct[start : start + BATCH]
            if any(request not in known for request in batch):
                yield [(request, self._answer(found[request] or "")) for request in batch]

    def describe(self) -> dict[str, Any]:
        files = {str(path): files_hash([path]) for path in dict.fromkeys(self._paths.values())}
        return {"engine": self.name, "files": files, **self._options.model_dump(exclude={"path"})}

    def _find(self, request: Request, repetition: int) -> str | None:
        if request.kind is not Kind.GENERATE:
            raise InputError(
                "predictions are texts; they hold no log-likelihoods, which this task needs",
                where=f"model {request.model!r}, prompt {prompt_text(request.prompt)[:60]!r}",
                mend="leave multiple-choice, log-likelihood and perplexity tasks out, or use another engine",
            )
        said = self._said[request.model]
        names = (_turns(request.prompt), prompt_text(request.prompt), self._encoder.render(request.prompt))
        places = ((name, repetition) for name in (*names, prompt_hash(request.prompt)))
        return next((said[place] for place in places if place in said), None)

    def _answer(self, text: str) -> Answer:
        return Answer(generation=Generation(text, len(self._encoder.text(text)), "stop"))

    def _explain(self, absent: list[Request], asked: int) -> InputError:
        first = absent[0]
        return InputError(
            f"{len(absent)} of {asked} requests have no prediction; the first is prompt "
            f"{prompt_text(first.prompt)[:80]!r} ({prompt_hash(first.prompt)}) of model {first.model!r}",
            where=str(self._paths[first.model]),
            mend=f"add a row with that {self._options.prompt_field!r} (and, where the task generates a sample several "
            f"times, {self._options.repetition_field!r}), or evaluate only what was predicted",
        )


def _turns(prompt: Prompt) -> str:
    turns = (Message("user", prompt),) if isinstance(prompt, str) else prompt
    return content_hash([[turn.role, turn.content] for turn in turns])


def _numbered(requests: Sequence[Request]) -> Iterator[tuple[Request, int]]:
    """Each request with the number of those before it that differ in their seed alone."""
    seen: Counter[Request] = Counter()
    for request in requests:
        alike = replace(request, decoding=replace(request.decoding, seed=None)) if request.decoding else request
        yield request, seen[alike]
        seen[alike] += 1


#: Predictions by (model or empty, prompt, repetition).
_Predictions = dict[tuple[str, str, int], str]


def _of_model(read: _Predictions, name: str) -> dict[tuple[str, int], str]:
    return {(prompt, number): text for (model, prompt, number), text in read.items() if model in ("", name)}


def _read(path: Path, options: ReplayOptions) -> _Predictions:
    said: _Predictions = {}
    for where, row in _rows(path):
        model = str(row.get(options.model_field) or "")
        prompt, text = (_field(row, name, where) for name in (options.prompt_field, options.response_field))
        if not isinstance(text, str):
            raise InputError(f"{options.response_field!r} is not a text", where=where, mend="give the predicted text")
        number = row.get(options.repetition_field, 0)
        if not isinstance(number, int) or number < 0:
            raise InputError(f"{options.repetition_field!r} is {number!r}", where=where, mend="number them from 0")
        key = (model, _name_of(prompt, where), number)
        if said.setdefault(key, text) != text:
            raise InputError(
                "a second, different prediction for the same prompt",
                where=where,
                mend=f"keep one, or number them by {options.repetition_field!r}",
            )
    if not said:
        raise InputError("holds no predictions", where=str(path))
    return said


def _name_of(prompt: Any, where: str) -> str:
    if isinstance(prompt, str):
        return prompt
    turns = list(prompt) if not isinstance(prompt, Mapping) and hasattr(prompt, "__iter__") else []
    if turns and all(isinstance(turn, Mapping) and {"role", "content"} <= turn.keys() for turn in turns):
        return _turns(tuple(Message(str(turn["role"]), str(turn["content"])) for turn in turns))
    raise InputError("the prompt is neither a text nor turns with role and content", where=where)


def _field(row: Mapping[str, Any], name: str, where: str) -> Any:
    if name not in row:
        raise InputError(f"no field {name!r}", where=where, mend=nearest(name, list(row)))
    return row[name]


def _rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not path.is_file():
        raise InputError("no such file", where=str(path), mend="check engine.options.path")
    if path.suffix == ".parquet":
        yield from _parquet_rows(path)
        return
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            where = f"{path}:{number}"
            try:
                row = json.loads(line)
            except ValueError as error:
                raise InputError(f"not JSON ({error})", where=where) from None
            if not isinstance(row, dict):
                raise InputError("not a JSON object", where=where)
            yield where, row


def _parquet_rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        rows = parquet.read_table(path).to_pylist()
    except pa.ArrowException as error:
        raise InputError(f"cannot be read as Parquet ({reason(error)})", where=str(path)) from None
    for number, row in enumerate(rows):
        yield f"{path}: row {number}", row
