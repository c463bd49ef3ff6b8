"""``harness train --explain``: every key of a recipe, every method and objective, as tables."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli import console

if TYPE_CHECKING:
    from rich.console import Console

    from harness.training.recipes.explain import Key, MethodFacts


def explain(kind: str | None, as_json: bool) -> None:
    """Print a recipe's sections and all methods, or one method or objective.

    Args:
        kind: A method or an objective; or a recipe's file, of which the sections and its method are printed.

    Raises:
        InputError: there is no such method or objective, or the recipe is wrong.
    """
    from rich.console import Console

    from harness.models.quiet import quiet_libraries

    quiet_libraries()
    from harness.training import read_recipe
    from harness.training.recipes.explain import METHODS, OBJECTIVES, explain_method, explain_sections

    if kind in OBJECTIVES:
        _explain_objective(kind, as_json)
        return
    recipe = read_recipe(Path(kind)) if kind and kind not in METHODS and Path(kind).is_file() else None
    only = recipe.method.kind if recipe else kind
    methods = [explain_method(name) for name in ([only] if only else METHODS)]
    sections = explain_sections() if recipe or not kind else {}
    if as_json:
        keys = {name: _keys_json(some) for name, some in sections.items()}
        console.print_json({"sections": keys, "methods": [one.to_json() for one in methods]})
        return
    screen = Console(highlight=False)
    for name, some in sections.items():
        _print_keys(screen, f"{name}:" if name != "recipe" else "A recipe", some)
    for method in methods:
        _print_method(screen, method)


def _explain_objective(kind: str, as_json: bool) -> None:
    from rich.console import Console

    from harness.training.recipes.explain import explain_objective

    about, keys = explain_objective(kind)
    if as_json:
        console.print_json({"objective": kind, "about": about, "keys": _keys_json(keys)})
    else:
        _print_keys(Console(highlight=False), f"objective: {{kind: {kind}}}", keys, about)


def _keys_json(keys: Sequence["Key"]) -> list[dict[str, str | None]]:
    return [{"key": one.name, "type": one.type, "default": one.default, "meaning": one.meaning} for one in keys]


def _print_method(screen: "Console", method: "MethodFacts") -> None:
    merges = {True: "can be merged", False: "cannot be merged", None: "is a base of its own: nothing to merge"}
    facts = (
        f"trains {method.trains}: {method.parameters:,} parameters on the reference model; "
        f"engines: {', '.join(method.engines)}; {merges[method.merges]}; usual learning rate {method.learning_rate:g}"
    )
    _print_keys(screen, f"method: {{kind: {method.kind}}}", method.keys, facts)


def _print_keys(screen: "Console", title: str, keys: Sequence["Key"], about: str = "") -> None:
    from rich.markup import escape
    from rich.table import Table

    screen.print(f"[bold]{escape(title)}[/bold]")
    if about:
        screen.print(escape(about))
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    for key in keys:
        default = "required" if key.default is None else key.default
        table.add_row(*(escape(text) for text in (f"  {key.name}", key.type, default, key.meaning)))
    screen.print(table)
    screen.print()
