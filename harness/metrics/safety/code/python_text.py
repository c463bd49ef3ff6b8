"""Strings that code puts together: their literal parts, and the holes that data fills."""

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_PERCENT = re.compile(r"%(?:\((\w{1,80})\))?[#0\- +]{0,5}(?:\d{1,6}|\*)?(?:\.(?:\d{1,6}|\*))?([a-zA-Z%])")
_BRACE = re.compile(r"\{\{|\}\}|\{(\w{0,80})((?:[.\[][^{}:!]{0,200})?)(?:![rsa])?(?::([^{}]{0,80}))?\}")
_KEEPS = {"strip", "lstrip", "rstrip", "encode", "decode", "lower", "upper", "replace", "dedent", "cleandoc", "text",
          "str", "unicode", "bytes"}  # fmt: skip
_MOST_PARTS = 200


@dataclass(frozen=True, slots=True)
class Hole:
    """A part that is not literal. ``numeric``: its format code lets only numbers through."""

    value: ast.expr
    numeric: bool = False


Parts = tuple[str | Hole, ...]


def parts_of(node: ast.expr, known: Mapping[str, Parts]) -> Parts:
    """The parts of a string expression; an expression that is not text is one hole.

    Args:
        node: The expression.
        known: Names that hold such strings.
    """
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bytes):
            return (node.value.decode("latin-1"),)
        return (str(node.value),) if isinstance(node.value, str | int | float) else (Hole(node),)
    if isinstance(node, ast.JoinedStr):
        return _cut(part for value in node.values for part in _of_fstring(value, known))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _cut([*parts_of(node.left, known), *parts_of(node.right, known)])
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return _of_percent(parts_of(node.left, known), node.right, known)
    if isinstance(node, ast.Call):
        return _of_call(node, known)
    if isinstance(node, ast.Name) and node.id in known:
        return known[node.id]
    if isinstance(node, ast.IfExp):
        return max(parts_of(node.body, known), parts_of(node.orelse, known), key=lambda one: len(holes(one)))
    return (Hole(node),)


def holes(parts: Parts) -> list[Hole]:
    """The parts that are not literal."""
    return [part for part in parts if isinstance(part, Hole)]


def literal(parts: Parts) -> str:
    """The literal text with a NUL for each hole."""
    return "".join(part if isinstance(part, str) else "\0" for part in parts)


def is_built(parts: Parts) -> bool:
    """Whether literal text and data are mixed."""
    return len(parts) > 1 and any(isinstance(part, str) and part for part in parts) and bool(holes(parts))


def _cut(parts: Iterable[str | Hole]) -> Parts:
    found: list[str | Hole] = []
    for part in parts:
        found.append(part)
        if len(found) >= _MOST_PARTS:
            break
    return tuple(found)


def _of_fstring(value: ast.expr, known: Mapping[str, Parts]) -> Parts:
    if not isinstance(value, ast.FormattedValue):
        return parts_of(value, known)
    code = value.format_spec
    numeric = isinstance(code, ast.JoinedStr) and _is_numeric(ast.unparse(code).strip("f'\""))
    return (Hole(value.value, numeric=True),) if numeric else _plain(value.value, known)


def _plain(value: ast.expr, known: Mapping[str, Parts]) -> Parts:
    parts = parts_of(value, known)
    return parts if all(isinstance(part, str) for part in parts) or is_built(parts) else (Hole(value),)


def _is_numeric(code: str) -> bool:
    return code[-1:] in ("d", "f", "x", "X", "b", "o", "e", "g", "i")


def _of_percent(pattern: Parts, values: ast.expr, known: Mapping[str, Parts]) -> Parts:
    given = list(values.elts) if isinstance(values, ast.Tuple) else [values]
    named = (
        {str(key.value): value for key, value in zip(values.keys, values.values, strict=True)
         if isinstance(key, ast.Constant)}
        if isinstance(values, ast.Dict) else {}
    )  # fmt: skip
    parts: list[str | Hole] = []
    place = 0
    for part in pattern:
        if isinstance(part, Hole):
            parts.append(part)
            continue
        start = 0
        for match in _PERCENT.finditer(part):
            if match[2] == "%":
                continue
            parts.append(part[start : match.start()])
            value = named.get(match[1], values) if match[1] else given[min(place, len(given) - 1)] if given else values
            place += 1
            parts.extend((Hole(value, numeric=True),) if _is_numeric(match[2]) else _plain(value, known))
            start = match.end()
        parts.append(part[start:])
    return _cut(parts)


def _of_call(node: ast.Call, known: Mapping[str, Parts]) -> Parts:
    function = node.func
    name = (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )
    if isinstance(function, ast.Attribute) and name == "format":
        return _of_format(parts_of(function.value, known), node, known)
    if isinstance(function, ast.Attribute) and name == "join" and node.args:
        return _of_join(parts_of(function.value, known), node.args[0], known) or (Hole(node),)
    if name in _KEEPS:
        inner = function.value if isinstance(function, ast.Attribute) and not node.args else None
        inner = node.args[0] if inner is None and node.args and isinstance(function, ast.Name) else inner
        inner = function.value if inner is None and isinstance(function, ast.Attribute) and name == "replace" else inner
        inner = node.args[0] if inner is None and name in ("dedent", "cleandoc", "text") and node.args else inner
        if inner is not None:
            parts = parts_of(inner, known)
            return parts if any(isinstance(part, str) for part in parts) else (Hole(node),)
    return (Hole(node),)


def _of_format(pattern: Parts, node: ast.Call, known: Mapping[str, Parts]) -> Parts:
    named = {one.arg: one.value for one in node.keywords}
    parts: list[str | Hole] = []
    place = 0
    for part in pattern:
        if isinstance(part, Hole):
            parts.append(part)
            continue
        start = 0
        for match in _BRACE.finditer(part):
            if match[0] in ("{{", "}}"):
                continue
            field = match[1] or str(place)
            place += not match[1]
            value = node.args[int(field)] if field.isdecimal() and int(field) < len(node.args) else named.get(field)
            parts.append(part[start : match.start()])
            start = match.end()
            if value is None or match[2]:
                parts.append(Hole(value if value is not None else node))
            else:
                parts.extend((Hole(value, True),) if _is_numeric(match[3] or "") else _plain(value, known))
        parts.append(part[start:])
    return _cut(parts)


def _of_join(separator: Parts, items: ast.expr, known: Mapping[str, Parts]) -> Parts | None:
    if isinstance(items, ast.List | ast.Tuple):
        parts: list[str | Hole] = []
        for item in items.elts[:_MOST_PARTS]:
            parts.extend([*(separator if parts else ()), *_plain(item, known)])
        return _cut(parts)
    return None
