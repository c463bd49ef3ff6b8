"""Strict reading of YAML documents: a wrong key or value is named with its file, its line and the nearest known key."""

import difflib
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from harness.records.errors import InputError
from harness.records.yaml_text import compose

Model = TypeVar("Model", bound=BaseModel)

_SECTION = "a section of keys and values"
#: How the form is called that pydantic misses in a value.
_FORMS = {
    "string_type": "text",
    "list_type": "a list",
    "dict_type": _SECTION,
    "model_type": _SECTION,
    "model_attributes_type": _SECTION,
}


def read_yaml(path: Path) -> tuple[Any, yaml.Node | None]:
    """A document and its node tree, which knows the lines.

    Raises:
        InputError: the file is missing, unreadable, not YAML, or writes a key twice.
    """
    composed = compose(path)
    for key, where in composed.repeated[:1]:
        raise InputError(f"key {key!r} stands twice", where=where, mend="keep one")
    return composed.value, composed.node


def read_document(path: Path, model: type[Model]) -> Model:
    """Read a YAML file as ``model``.

    Raises:
        InputError: naming the file, the line and the first thing that is wrong.
    """
    value, node = read_yaml(path)
    if not isinstance(value, dict):
        required = ", ".join(name for name, field in model.model_fields.items() if field.is_required())
        what = "is empty" if value is None else "is not a mapping of keys to values"
        raise InputError(what, where=str(path), mend=f"it needs at least the keys {required}")
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


def _explain(error: ValidationError, model: type[BaseModel], path: Path, node: yaml.Node | None) -> InputError:
    first = first_fault(error.errors())
    location = first["loc"]
    dotted = ".".join(_written(node, location, absent=first["type"] in ("extra_forbidden", "missing")))
    return explain_fault(first, model, dotted, f"{path}:{_line(node, location)}")


def first_fault(errors: Sequence[Any]) -> Any:
    """Of what pydantic found, the fault to name: an unknown key first, since it may be a missing one misspelt.

    What is wrong inside a section comes before that a section is no text, which a union of both says too.
    """

    def rank(error: Any) -> tuple[bool, bool]:
        return error["type"] != "extra_forbidden", error["type"] in _FORMS and isinstance(error["input"], dict | list)

    return min(errors, key=rank)


def explain_fault(first: Any, model: type[BaseModel], dotted: str, where: str = "") -> InputError:
    """One fault of pydantic's in the words of the house.

    Args:
        first: As `first_fault` chose it.
        model: What was read.
        dotted: The key that is wrong, as a user wrote it; empty for the whole document.
        where: The file and line.
    """
    if first["type"].startswith("union_tag_"):
        return _wrong_branch(first["ctx"], dotted, where)
    if first["type"] == "extra_forbidden":
        *above, key = first["loc"]
        return InputError(
            f"unknown key {dotted!r}", where=where, mend=nearest(str(key)[:100], _fields_at(model, above))
        )
    if first["type"] == "missing":
        return InputError(f"{dotted!r} is missing", where=where, mend="add it")
    message = first["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    got = first.get("input")
    if form := _FORMS.get(first["type"]):
        # The keys of a dict are the user's own.
        has_keys = form == _SECTION and first["type"] != "dict_type"
        message = f"should be {form}" + (_keys_of(_models_at(model, first["loc"])) if has_keys else "")
        message += {list: ", not a list", dict: f", not {_SECTION}", type(None): ", not empty"}.get(type(got), "")
    shown = f" (got {repr(got)[:80]})" if isinstance(got, str | int | float | bool) else ""
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


def _fields_at(model: type[BaseModel], location: Sequence[int | str]) -> list[str]:
    found = {field.alias or name for one in _models_at(model, location) for name, field in one.model_fields.items()}
    return sorted(found)


def _keys_of(models: Sequence[type[BaseModel]]) -> str:
    """The keys that a section may have in each of its forms, in brackets."""
    shared = set.intersection(*(set(one.model_fields) for one in models))
    return f" ({', '.join([*sorted(shared), *(['...'] if len(models) > 1 else [])])})"


def _models_at(model: type[BaseModel], location: Sequence[int | str]) -> list[type[BaseModel]]:
    models = [model]
    for step in location:
        if branch := [one for one in models if _is_branch(one, step)]:
            models = branch
            continue
        models = [
            inner
            for outer in models
            if step in outer.model_fields
            for inner in _models_in(outer.model_fields[str(step)].annotation)
        ] or models
    return models


def _is_branch(model: type[BaseModel], step: int | str) -> bool:
    """Whether a step of a location names this model of a union: by its class, or by the key that tells it apart."""
    return step == model.__name__ or (step,) in [get_args(field.annotation) for field in model.model_fields.values()]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (Union, types.UnionType, list, dict, tuple) or get_args(annotation):
        return [found for part in get_args(annotation) for found in _models_in(part)]
    return []
