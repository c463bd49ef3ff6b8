"""Strict reading of YAML documents: a wrong key or value is named with its file, its line and the nearest known key."""

import difflib
import types
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from harness.records.errors import InputError

Model = TypeVar("Model", bound=BaseModel)


def read_yaml(path: Path) -> tuple[Any, yaml.Node | None]:
    """A document and its node tree, which knows the lines.

    Raises:
        InputError: the file is missing, unreadable or not YAML.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError("no such file", where=str(path), mend="check the path") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read ({error})", where=str(path)) from None
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        _refuse_repeated_keys(node, path)
        return yaml.safe_load(text), node
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise InputError(f"not valid YAML: {getattr(error, 'problem', None) or error}", where=where) from None


def read_document(path: Path, model: type[Model]) -> Model:
    """Read a YAML file as ``model``.

    Raises:
        InputError: naming the file, the line and the first thing that is wrong.
    """
    value, node = read_yaml(path)
    if not isinstance(value, dict):
        raise InputError("is not a mapping of keys to values", where=str(path))
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise _explain(error, model, path, node) from None


def nearest(word: str, known: list[str]) -> str:
    """A clause that offers the closest known word, or lists what is known."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return "known: " + ", ".join(sorted(known)) if known else "nothing is known here"


def _refuse_repeated_keys(node: yaml.Node | None, path: Path) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if isinstance(key.value, str) and key.value in seen:
                raise InputError(
                    f"key {key.value!r} stands twice", where=f"{path}:{key.start_mark.line + 1}", mend="keep one"
                )
            seen.add(str(key.value))
            _refuse_repeated_keys(value, path)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_repeated_keys(item, path)


def _explain(error: ValidationError, model: type[BaseModel], path: Path, node: yaml.Node | None) -> InputError:
    first = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
    location = first["loc"]
    where = f"{path}:{_line(node, location)}"
    dotted = ".".join(_written(node, location, absent=first["type"] in ("extra_forbidden", "missing")))
    if first["type"].startswith("union_tag_"):
        return _wrong_branch(first["ctx"], dotted, where)
    if first["type"] == "extra_forbidden":
        known = _fields_at(model, location[:-1])
        return InputError(f"unknown key {dotted!r}", where=where, mend=nearest(str(location[-1]), known))
    if first["type"] == "missing":
        return InputError(f"{dotted!r} is missing", where=where, mend="add it")
    message = first["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    got = first.get("input")
    shown = f" (got {got!r})" if isinstance(got, str | int | float | bool) else ""
    return InputError(f"{dotted!r}: {message}{shown}" if dotted else f"{message}{shown}", where=where)


def _wrong_branch(told: dict[str, Any], dotted: str, where: str) -> InputError:
    """The key that chooses between the branches of a union is missing, or chooses none."""
    key = ".".join(filter(None, (dotted, told["discriminator"].strip("'"))))
    if "tag" not in told:
        return InputError(f"{key!r} is missing", where=where, mend="add it")
    known = [tag.strip(" '") for tag in told["expected_tags"].split(",")]
    return InputError(f"{key!r}: unknown {told['tag']!r}", where=where, mend=nearest(told["tag"], known))


def _written(node: yaml.Node | None, location: tuple[int | str, ...], absent: bool) -> list[str]:
    """The steps of a location that stand in the file: a union adds its branch names, which nobody wrote."""
    written = []
    for place, step in enumerate(location):
        if isinstance(node, yaml.MappingNode):
            found = next((value for key, value in node.value if key.value == str(step)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            found = node.value[step]
        else:
            found = None
        if found is not None or (absent and place == len(location) - 1):
            written.append(str(step))
            node = found
    return written


def _line(node: yaml.Node | None, location: tuple[int | str, ...]) -> int:
    line = node.start_mark.line if node else 0
    for step in location:
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == str(step)), None)
            if found is None:
                continue
            line, node = found[0].start_mark.line, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line
    return line + 1


def _fields_at(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    models = [model]
    for step in location:
        models = [
            inner
            for outer in models
            if step in outer.model_fields
            for inner in _models_in(outer.model_fields[str(step)].annotation)
        ] or models
    names = {field.alias or name for one in models for name, field in one.model_fields.items()}
    return sorted(names)


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (Union, types.UnionType, list, dict, tuple) or get_args(annotation):
        return [found for part in get_args(annotation) for found in _models_in(part)]
    return []
