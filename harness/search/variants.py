"""The recipes of a comparison of methods: one recipe with one method after the other in its place."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.records import InputError, nearest, read_document
from harness.training import Recipe
from harness.training.recipes.explain import METHODS


class MethodsFile(BaseModel):
    """A file of methods: a name each, the keys of a recipe's ``method`` section, and ``learning_rate`` if wanted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    methods: Annotated[dict[str, dict[str, Any]], Field(min_length=1)]


def variants(recipe: Recipe, methods: str) -> dict[str, Recipe]:
    """Recipes by name.

    The method that the recipe itself names keeps its settings and its learning rate; every other one gets its own
    defaults and its usual learning rate, unless a file says otherwise.

    Args:
        methods: Kinds with commas between them, or a file of methods.

    Raises:
        InputError: there is no such method, or it does not take these settings.
    """
    if Path(methods).suffix in (".yaml", ".yml"):
        wanted = read_document(Path(methods), MethodsFile).methods
    else:
        kinds = [kind.strip() for kind in methods.split(",") if kind.strip()]
        wanted = {kind: {"kind": kind} for kind in kinds}
        if len(wanted) < len(kinds):
            raise InputError("a method stands twice", where="--methods", mend="name settings apart in a file")
    if not wanted:
        raise InputError("names no method", where="--methods", mend=nearest("", list(METHODS)))
    return {name: _variant(recipe, name, settings) for name, settings in wanted.items()}


def _variant(recipe: Recipe, name: str, settings: dict[str, Any]) -> Recipe:
    where, kind = f"method {name!r}", settings.get("kind", name)
    if not isinstance(kind, str) or kind not in METHODS:
        raise InputError(f"unknown method {kind!r}", where=where, mend=nearest(str(kind), list(METHODS)))
    raw = recipe.model_dump(mode="json", exclude_unset=True) | {"adapter": name}
    schedule = dict(raw.get("schedule", {}))
    own = kind == recipe.method.kind and set(settings) <= {"kind"}
    raw["method"] = recipe.method.model_dump(mode="json") if own else {"kind": kind} | settings
    rate = raw["method"].pop("learning_rate", None)
    if kind != recipe.method.kind or rate is not None:
        schedule["learning_rate"] = rate
    try:
        return Recipe.model_validate(raw | {"schedule": schedule})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(step) for step in first["loc"])
        raise InputError(f"{key}: {first['msg'].removeprefix('Value error, ')}", where=where) from None
