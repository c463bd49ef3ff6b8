"""Strings that code in JavaScript, Java, C, C++ or Go puts together: their literal parts, and the holes in them."""

import re
from typing import Any, NamedTuple, Protocol

from harness.metrics.safety.code.trees import Call, Tree, call_of

#: Nodes that are literal text, and literal numbers.
TEXTS = {
    "string", "string_literal", "interpreted_string_literal", "raw_string_literal", "char_literal", "text_block",
         "regex",
    "concatenated_string", "character_literal",
}  # fmt: skip
NUMBERS = {
    "number", "number_literal", "int_literal", "decimal_integer_literal", "float_literal", "true", "false", "null",
         "nil",
    "null_literal", "hex_integer_literal", "octal_integer_literal", "boolean",
}  # fmt: skip
_FORMAT = re.compile(
    r"(?:^|\.)(?:format|formatted|Sprintf|Sprint|Sprintln|Fprintf|Errorf|sprintf|snprintf|vsprintf|asprintf"
    r"|concat|Printf)$"
)
_SAME = re.compile(r"\.(?:c_str|toString|trim|getBytes|strip|encode|String|data)$")
_SPEC = re.compile(r"%[-+ #0]{0,5}(?:\d{1,6}|\*)?(?:\.(?:\d{1,6}|\*))?(?:hh|h|ll|l|z|j|t|L)?([a-zA-Z%])")
_DEEPEST, _MOST_PARTS = 60, 200


class Hole(NamedTuple):
    """A part that is not literal: its text, how far it is to be distrusted, what it is safe for.

    ``numeric``: its format code lets only numbers through.
    """

    text: str
    level: int
    safe: frozenset[str]
    numeric: bool = False


Parts = tuple[str | Hole, ...]


class Judged(Protocol):
    """A value as far as holes need it."""

    @property
    def level(self) -> int: ...
    @property
    def safe(self) -> frozenset[str]: ...


class Reader(Protocol):
    """Who knows the names at a place of the text."""

    tree: Tree

    def of(self, node: Any) -> Judged: ...
    def known_parts(self, name: str) -> Parts | None: ...


def built(parts: Parts) -> bool:
    """Whether literal text and data are mixed."""
    texts = any(isinstance(one, str) and one for one in parts)
    return len(parts) > 1 and texts and any(isinstance(one, Hole) for one in parts)


def literal(parts: Parts) -> str:
    """The literal text with a NUL for each hole."""
    return "".join(one if isinstance(one, str) else "\0" for one in parts)


def parts_of(node: Any, reader: Reader) -> Parts:
    """The parts of a string expression; an expression that is not text is one hole."""
    return tuple(_parts(node, reader, 0)[:_MOST_PARTS])


def formatted(call: Call, reader: Reader) -> Parts:
    """The parts of what ``sprintf`` and its like make: the pattern with its arguments filled in."""
    place = next((i for i, one in enumerate(call.arguments) if one.type in TEXTS), None)
    if call.receiver is not None and call.name.endswith((".concat", ".formatted")):
        pattern, given = reader.tree.text(call.receiver).strip("\"'"), call.arguments
    elif place is None:
        return tuple(_hole(one, reader) for one in call.arguments)
    else:
        pattern, given = reader.tree.text(call.arguments[place]).strip("\"'`"), call.arguments[place + 1 :]
    found: list[str | Hole] = []
    start, number = 0, 0
    for match in _SPEC.finditer(pattern):
        if match[1] == "%" or number >= len(given):
            continue
        found.append(pattern[start : match.start()])
        if given[number].type in TEXTS:
            found += _parts(given[number], reader, 0)
        else:
            found.append(_hole(given[number], reader)._replace(numeric=match[1] in "diouxXeEfgGcbtp"))
        start, number = match.end(), number + 1
    return (*found, pattern[start:])


def operator_of(node: Any, tree: Tree) -> str:
    """The operator of a binary expression or an assignment."""
    operator = node.child_by_field_name("operator")
    return "" if operator is None else tree.text(operator)


def _parts(node: Any, reader: Reader, depth: int) -> list[str | Hole]:
    kind = node.type
    if kind in TEXTS or kind in NUMBERS:
        text = reader.tree.text(node)
        return [text.replace('"', "") if kind == "concatenated_string" else text.strip("\"'`")]
    if depth < _DEEPEST:
        if kind == "template_string":
            return _of_template(node, reader, depth)
        if kind == "binary_expression" and operator_of(node, reader.tree) == "+":
            sides = (node.child_by_field_name("left"), node.child_by_field_name("right"))
            return [part for one in sides if one is not None for part in _parts(one, reader, depth + 1)][:_MOST_PARTS]
        wrapped = ("parenthesized_expression", "expression_list", "argument", "type_conversion_expression")
        if kind in wrapped and node.named_child_count == 1:
            return _parts(node.named_children[0], reader, depth + 1)
        if kind in ("call_expression", "method_invocation"):
            return _of_call(node, reader, depth)
    if node.end_byte - node.start_byte < 200:
        known = reader.known_parts(reader.tree.text(node).strip())
        if known is not None and (built(known) or all(isinstance(one, str) for one in known)):
            return list(known)
    return [_hole(node, reader)]


def _of_call(node: Any, reader: Reader, depth: int) -> list[str | Hole]:
    call = call_of(reader.tree, node)
    if _FORMAT.search(call.name) and call.arguments:
        return list(formatted(call, reader))
    if call.receiver is not None and _SAME.search(call.name):
        return _parts(call.receiver, reader, depth + 1)
    if call.name in ("String", "[]byte", "string") and len(call.arguments) == 1:
        return _parts(call.arguments[0], reader, depth + 1)
    return [_hole(node, reader)]


def _of_template(node: Any, reader: Reader, depth: int) -> list[str | Hole]:
    found: list[str | Hole] = []
    for one in node.children:
        if one.type == "template_substitution" and one.named_child_count:
            found += _parts(one.named_children[0], reader, depth + 1)
        elif one.type != "`":
            found.append(reader.tree.text(one))
    return found[:_MOST_PARTS]


def _hole(node: Any, reader: Reader) -> Hole:
    value = reader.of(node)
    return Hole(reader.tree.text(node, 200), value.level, value.safe)
