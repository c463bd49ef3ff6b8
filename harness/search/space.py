"""The space of a search: from ranges on a recipe's dotted keys to recipes."""

import itertools
import random
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from harness.records import InputError, nearest
from harness.records.search import Value
from harness.training import Recipe
from harness.training.recipes.tuning import Span, Tuning

if TYPE_CHECKING:
    from optuna import Trial

#: What makes trials comparable must not differ between them.
_FIXED = ("adapter", "base", "revision", "tune")
#: More combinations than anybody trains.
_MAX_GRID = 100_000


def recipe_with(recipe: Recipe, values: Mapping[str, Value]) -> Recipe:
    """The recipe with other values under dotted keys, without its ``tune`` section.

    Raises:
        InputError: there is no such key, or the recipe cannot be trained with these values.
    """
    raw = recipe.model_dump(mode="json", exclude_unset=True)
    whole = recipe.model_dump(mode="json")
    for key, value in values.items():
        _put(raw, whole, key, value)
    try:
        return Recipe.model_validate(raw)
    except ValidationError as error:
        raise _explained(error, values) from None


def check_ranges(recipe: Recipe, tuning: Tuning) -> None:
    """Refuse ranges that no training can come of, before the first one.

    Raises:
        InputError: naming the key, and the value that the recipe does not take.
    """
    for key, values in tuning.ranges.items():
        if key.split(".")[0] in _FIXED:
            raise InputError(f"{key!r} cannot be searched: trials must stay comparable", where=f"tune.ranges.{key}")
        for value in values if isinstance(values, list) else (values.low, values.high):
            recipe_with(recipe, {key: value})
    if tuning.sampler == "grid":
        grid(tuning)


def suggest(trial: "Trial", tuning: Tuning) -> dict[str, Value]:
    """A value for each key, as the study's sampler chooses it; what is chosen already stays."""
    return {key: _suggested(trial, key, values) for key, values in tuning.ranges.items()}


def grid(tuning: Tuning) -> list[dict[str, Value]]:
    """Every combination of the values, in an order that the seed decides.

    Raises:
        InputError: there are too many.
    """
    axes = [values if isinstance(values, list) else _points(values) for values in tuning.ranges.values()]
    found = list(itertools.islice(itertools.product(*axes), _MAX_GRID + 1))
    if len(found) > _MAX_GRID:
        raise InputError(
            f"the grid has more than {_MAX_GRID:,} points", where="tune.ranges", mend="give longer steps, or lists"
        )
    random.Random(tuning.seed).shuffle(found)
    return [dict(zip(tuning.ranges, point, strict=True)) for point in found]


def _points(span: Span) -> list[Value]:
    step = span.step or 1
    count = min(int((span.high - span.low) / step * (1 + 1e-12)), _MAX_GRID)
    return [span.low + i * step for i in range(count + 1)]


def _suggested(trial: "Trial", key: str, values: "list[Any] | Span") -> Value:
    if isinstance(values, list):
        chosen: Value = trial.suggest_categorical(key, values)
        return chosen
    if values.whole:
        return trial.suggest_int(key, int(values.low), int(values.high), step=int(values.step or 1), log=values.log)
    step = None if values.step is None else float(values.step)
    return trial.suggest_float(key, float(values.low), float(values.high), step=step, log=values.log)


def _put(raw: dict[str, Any], whole: dict[str, Any], key: str, value: Value) -> None:
    """Set a dotted key in the recipe as written; ``whole`` has its defaults, too, and so knows every key."""
    *sections, last = key.split(".")
    for depth, section in enumerate(sections):
        _known(section, whole, key)
        if not isinstance(whole[section], dict):
            raise InputError(f"{'.'.join(sections[: depth + 1])!r} has no keys below it", where=f"tune.ranges.{key}")
        whole = whole[section]
        # A section that the recipe does not name still has its kind.
        raw = raw.setdefault(section, {"kind": whole["kind"]} if "kind" in whole else {})
    _known(last, whole, key)
    if isinstance(whole[last], dict):
        raise InputError("is a section, not a value", where=f"tune.ranges.{key}", mend=nearest("", list(whole[last])))
    raw[last] = value


def _known(name: str, section: dict[str, Any], key: str) -> None:
    if name not in section:
        raise InputError(f"a recipe has no key {key!r}", where="tune.ranges", mend=nearest(name, list(section)))


def _explained(error: ValidationError, values: Mapping[str, Value]) -> InputError:
    first = error.errors()[0]
    message = first["msg"].removeprefix("Value error, ")
    given = ", ".join(f"{key}: {value}" for key, value in values.items())
    if first["type"] == "extra_forbidden":
        message = f"with it there is no key {first['loc'][-1]!r}, which the recipe has"
    return InputError(f"the recipe does not take {given} ({message[:1].lower() + message[1:]})", where="tune.ranges")
