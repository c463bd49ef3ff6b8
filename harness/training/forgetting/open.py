"""From a recipe's ``forgetting:`` section and its data to what is to be watched."""

from collections.abc import Iterable
from pathlib import Path

from harness.engines.encoding import Encoder
from harness.models import Base
from harness.training.forgetting.watched import Watched, find_watched
from harness.training.recipes.recipe import Recipe
from harness.training.rows.examples import Example, PreferenceExample


def watched_by(
    recipe: Recipe, folder: Path, base: Base, encoder: Encoder, examples: Iterable[Example | PreferenceExample]
) -> Watched | None:
    """What a recipe wants to have watched; None where it has no such section.

    Args:
        folder: What the recipe's paths are relative to.
        examples: Its training data.

    Raises:
        InputError: it cannot be measured.
    """
    if recipe.forgetting is None:
        return None
    room = base.context_length - recipe.method.context_taken if base.context_length else None
    answers = (
        (one.prompt_hash, text) for one in examples for role, text in one.said if role in ("assistant", "chosen")
    )
    return find_watched(recipe.forgetting, folder, answers, encoder, room)
