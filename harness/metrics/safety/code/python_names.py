"""Names in Python code: dotted chains, and what an imported name stands for."""

import ast
from collections.abc import Iterator


def dotted(node: ast.AST) -> str:
    """``a.b.c`` of a name or attribute chain; calls and subscripts on the way are looked through."""
    parts: list[str] = []
    while True:
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Subscript | ast.Await | ast.Starred):
            node = node.value
        else:
            if isinstance(node, ast.Name):
                parts.append(node.id)
            return ".".join(reversed(parts))


def last(name: str) -> str:
    """The last part of a dotted name."""
    return name.rsplit(".", 1)[-1]


def imports(tree: ast.Module) -> dict[str, str]:
    """What each imported name stands for: ``sp`` for ``subprocess``, ``call`` for ``subprocess.call``."""
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            known.update({one.asname: one.name for one in node.names if one.asname})
        elif isinstance(node, ast.ImportFrom) and node.module:
            known.update({one.asname or one.name: f"{node.module}.{one.name}" for one in node.names})
    return known


def mentioned(node: ast.AST) -> Iterator[str]:
    """Every name and dotted chain that an expression reads."""
    for one in ast.walk(node):
        if isinstance(one, ast.Name):
            yield one.id
        elif isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name):
            yield f"{one.value.id}.{one.attr}"


def keyword(node: ast.Call, name: str) -> ast.expr | None:
    """The value of a keyword argument."""
    return next((one.value for one in node.keywords if one.arg == name), None)


def argument(node: ast.Call, place: int, name: str = "") -> ast.expr | None:
    """An argument by place, else by name."""
    if place < len(node.args) and not any(isinstance(one, ast.Starred) for one in node.args[: place + 1]):
        return node.args[place]
    return keyword(node, name) if name else None


def is_constant(node: ast.AST | None, *values: object) -> bool:
    """Whether a node is one of these literals (``0`` and ``False`` are different)."""
    return isinstance(node, ast.Constant) and any(
        type(node.value) is type(value) and node.value == value for value in values
    )
