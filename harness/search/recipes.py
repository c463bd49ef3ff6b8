"""Writing a recipe into another folder, so that it can be trained from there."""

import os
from pathlib import Path
from typing import Any

import yaml

from harness.runs import write_text
from harness.training import Recipe


def write_recipe(recipe: Recipe, folder: Path, path: Path) -> None:
    """Write a recipe as YAML. Paths that were relative to ``folder`` become relative to the new file.

    Raises:
        RunError: it cannot be saved.
    """
    value: dict[str, Any] = recipe.model_dump(mode="json", exclude_unset=True)

    def moved(name: str) -> str:
        there = folder / Path(name).expanduser()
        return os.path.relpath(there.resolve(), path.parent.resolve()) if there.exists() else name

    files = [moved(name) for name in recipe.files]
    value["data"] = files[0] if isinstance(recipe.data, str) else files
    if recipe.evaluation.data:
        value["evaluation"]["data"] = moved(str(recipe.evaluation.data))
    if recipe.base != "reference":
        value["base"] = moved(recipe.base)
    if start := recipe.begins_with:
        value["start"] = {**start.model_dump(exclude_none=True), "adapter": moved(start.adapter)}
    if forgetting := recipe.forgetting:
        value["forgetting"]["text"] = moved(forgetting.text)
        is_path = (".", "/", "~")
        value["forgetting"]["probes"] = [
            f"./{moved(one)}" if one.startswith(is_path) else one for one in forgetting.probes
        ]
    write_text(path, yaml.safe_dump(value, sort_keys=False, allow_unicode=True))
