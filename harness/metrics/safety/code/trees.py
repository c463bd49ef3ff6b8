"""Syntax trees of JavaScript, Java, C, C++ and Go by tree-sitter, and a walk over them as a flat stream of events."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from time import monotonic
from typing import Any, NamedTuple

#: A tree of which more than this share of bytes stands in errors is not read.
MOST_ERRORS = 0.3
_MOST_NODES = 200_000
#: What one parse may take, and how many bytes the parser is handed at a time.
_SECONDS, _CHUNK = 2.0, 65_536
_PACKAGES = {"javascript": "tree_sitter_javascript", "java": "tree_sitter_java", "c": "tree_sitter_c",
             "cpp": "tree_sitter_cpp", "go": "tree_sitter_go"}  # fmt: skip
#: Nodes that are functions, and that call one.
FUNCTIONS = {"function_declaration", "function_expression", "function", "arrow_function", "method_definition",
              "generator_function_declaration", "method_declaration", "constructor_declaration", "lambda_expression",
              "function_definition", "func_literal"}  # fmt: skip
CALLS = {
    "call_expression", "new_expression", "method_invocation", "object_creation_expression",
    "type_conversion_expression",
}  # fmt: skip
#: Nodes that set a name, with the fields of the target and of the value.
_ASSIGNS = {
    "variable_declarator": ("name", "value"), "assignment_expression": ("left", "right"),
    "augmented_assignment_expression": ("left", "right"), "init_declarator": ("declarator", "value"),
    "short_var_declaration": ("left", "right"), "assignment_statement": ("left", "right"), "var_spec": ("name",
         "value"),
    "const_spec": ("name", "value"), "pair": ("key", "value"), "keyed_element": ("", ""),
         "for_in_statement": ("left", "right"),
    "enhanced_for_statement": ("name", "value"), "range_clause": ("left", "right"),
         "field_definition": ("property", "value"),
    "preproc_def": ("name", "value"), "for_range_loop": ("declarator", "right"),
}  # fmt: skip
_WRAPS = {
    "java": ("class _ { void _() { ", "}}"),
    "go": ("package _; func _() { ", "}"),
    "c": ("void _(void) { ", "}"),
    "cpp": ("void _() { ", "}"),
}
_STATEMENTS = ("declaration", "_definition", "return_statement", "_specifier", "preproc_include")
_TESTS = {
    "if_statement",
    "while_statement",
    "for_statement",
    "ternary_expression",
    "conditional_expression",
    "switch_statement",
}

#: Nodes whose beginning says what a call in them is for.
_AROUND = {
    "expression_statement", "return_statement", "declaration", "local_variable_declaration", "field_declaration",
    "lexical_declaration", "variable_declaration", "short_var_declaration", "assignment_statement", "var_declaration",
    "pair", "variable_declarator", "assignment_expression", "const_declaration",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tree:
    """A parsed text and its root node."""

    source: bytes
    root: Any

    def text(self, node: Any, most: int | None = None) -> str:
        """The text of a node, of its first ``most`` bytes where that is asked."""
        end = node.end_byte if most is None else min(node.end_byte, node.start_byte + most)
        return self.source[node.start_byte : end].decode("utf-8", "replace")


class Call(NamedTuple):
    """A call: the callee as it is written (``new File`` for a constructor) and its arguments.

    ``around`` is the beginning of the statement that it stands in, for what that says of its purpose.
    """

    name: str
    arguments: list[Any]
    node: Any
    receiver: Any = None
    around: str = ""


class Assign(NamedTuple):
    """A name, member or key that is given a value."""

    target: str
    value: Any
    node: Any


class Test(NamedTuple):
    """The condition of a branch or loop."""

    condition: Any
    node: Any


class Enter(NamedTuple):
    """A function begins: its name, its parameters and the text of each with type and annotations."""

    name: str
    parameters: list[tuple[str, str]]
    node: Any


class Leave(NamedTuple):
    """A function ends."""

    node: Any


class Other(NamedTuple):
    """Any other node, for what only one language has."""

    node: Any


Event = Call | Assign | Test | Enter | Leave | Other


def parse(text: str, language: str) -> Tree | None:
    """The tree of a text, repaired where that helps; None where too much of it is in error.

    Repairs, none of which moves a line: missing closing braces are added; loose statements are wrapped in a function.
    """
    opened = max(text.count("{") - text.count("}"), 0)
    closed = text + "\n" + "}" * opened if opened <= 50 else text
    before, after = _WRAPS.get(language, ("", ""))
    found = [tree for one in dict.fromkeys((text, closed)) if (tree := _parse(one, language))]
    best = min(found, key=_errors, default=None)
    if best is not None and _errors(best):
        # What garbage is wrapped in would look sound beside it, so that the whole must be without fault.
        whole = _parse(f"{before}{closed}\n{after}", language)
        best = whole if whole is not None and not _errors(whole) else best
    return best if best is not None and _errors(best) <= MOST_ERRORS and _says_something(best) else None


def is_whole(text: str, language: str) -> bool:
    """Whether a text parses without a fault as it stands."""
    tree = _parse(text, language)
    return tree is not None and not tree.root.has_error


def line_of(node: Any) -> int:
    """The line that a node begins on, counted from 1."""
    return int(node.start_point[0]) + 1


def walk(node: Any, most: int = _MOST_NODES) -> Iterator[tuple[Any, bool]]:
    """Every node below and with ``node`` in source order, and once more when it is left (False, then True)."""
    cursor, seen, up = node.walk(), 0, False
    while True:
        if not up:
            seen += 1
            yield cursor.node, False
            if seen < most and cursor.goto_first_child():
                continue
        yield cursor.node, True
        if cursor.node.id == node.id:
            return
        if cursor.goto_next_sibling():
            up = False
        elif cursor.goto_parent():
            up = True
        else:
            return


def below(node: Any, most: int = 400) -> Iterator[Any]:
    """A node and those below it, no more than ``most``."""
    return (one for one, left in walk(node, most) if not left)


def events(tree: Tree) -> Iterator[Event]:
    """What happens in a text, in source order. A value is seen before the name that it is given to."""
    # A node's parent costs as much as it is deep, so that the way down is kept here.
    around: list[Any] = []
    for node, left in walk(tree.root):
        kind = node.type
        if kind in _AROUND:
            around.pop() if left else around.append(node)
        if kind in FUNCTIONS:
            yield Leave(node) if left else _enter(tree, node, around[-1] if around else None)
        elif kind in CALLS:
            if not left:
                yield call_of(tree, node)._replace(around=tree.text(around[-1], 200) if around else "")
        elif kind in _ASSIGNS:
            if left and (assign := _assign(tree, node)):
                yield assign
        elif kind in _TESTS:
            condition = node.child_by_field_name("condition")
            if left and condition is not None:
                yield Test(condition, node)
        elif not left and node.is_named:
            yield Other(node)


def _parse(text: str, language: str) -> Tree | None:
    """The tree of a text; None where the parser takes too long, for its recovery from errors can be quadratic."""
    source, parser = text.encode("utf-8", "replace"), _parser(language)
    end = monotonic() + _SECONDS
    try:
        tree = parser.parse(
            lambda offset, _: source[offset : offset + _CHUNK], progress_callback=lambda *_: monotonic() > end
        )
    except ValueError:
        parser.reset()
        return None
    return Tree(source, tree.root_node)


@cache
def _parser(language: str) -> Any:
    from tree_sitter import Language, Parser

    return Parser(Language(import_module(_PACKAGES[language]).language()))


def _errors(tree: Tree) -> float:
    """The share of bytes that stand in errors, those nearest to the root counted whole, or had to be made up."""
    wrong, end = 0, 0
    for node, left in walk(tree.root):
        if left:
            continue
        if node.is_missing:
            wrong += 1
        elif node.is_error and node.start_byte >= end:
            # An error that swallowed whole functions still shows them as nodes: only its loose words are lost.
            inner = sum(one.end_byte - one.start_byte for one in node.children if one.type in FUNCTIONS)
            wrong += node.end_byte - node.start_byte - inner
            end = node.end_byte
    return wrong / max(len(tree.source.strip()), 1)


def _says_something(tree: Tree) -> bool:
    """Whether anything is declared, set, called or returned."""
    for node, left in walk(tree.root):
        kind = node.type
        if not left and (kind in FUNCTIONS or kind in CALLS or kind in _ASSIGNS or kind.endswith(_STATEMENTS)):
            return True
    return False


def _enter(tree: Tree, node: Any, around: Any) -> Enter:
    name = node.child_by_field_name("name")
    parameters = node.child_by_field_name("parameters") or node.child_by_field_name("parameter")
    declarator = node.child_by_field_name("declarator")
    while parameters is None and declarator is not None:
        parameters = declarator.child_by_field_name("parameters")
        name = declarator.child_by_field_name("declarator") or name
        declarator = declarator.child_by_field_name("declarator")
    if name is None and around is not None and around.type in _ASSIGNS and around.end_byte == node.end_byte:
        name = around.child_by_field_name(_ASSIGNS[around.type][0] or "name")
    found = [] if parameters is None else _parameters(tree, parameters)
    return Enter("" if name is None else tree.text(name, 200), found, node)


def _parameters(tree: Tree, node: Any) -> list[tuple[str, str]]:
    if node.type == "identifier":
        return [(tree.text(node), tree.text(node))]
    found = []
    for one in node.named_children:
        names = [
            tree.text(part)
            for part in below(one, 60)
            if part.type in ("identifier", "shorthand_property_identifier_pattern")
        ]
        whole = tree.text(one, 300)
        if one.type == "parameter_declaration" and node.type == "parameter_list" and len(names) > 1:
            found += [(name, whole) for name in names]
        elif names:
            found.append((names[0] if one.type in ("assignment_pattern",) else names[-1], whole))
            found += [(name, whole) for name in names[:-1] if one.type == "object_pattern"]
    return found


def call_of(tree: Tree, node: Any) -> Call:
    """A call's callee, receiver and arguments."""
    arguments = node.child_by_field_name("arguments")
    given = [one for one in arguments.named_children if one.type != "comment"] if arguments is not None else []
    if node.type in ("new_expression", "object_creation_expression"):
        kind = node.child_by_field_name("constructor") or node.child_by_field_name("type")
        return Call(f"new {'' if kind is None else _short(tree, kind)}", given, node)
    if node.type == "type_conversion_expression":
        # Go's grammar cannot tell `a.b(c)` from a conversion.
        kind, operand = node.child_by_field_name("type"), node.child_by_field_name("operand")
        return Call("" if kind is None else _short(tree, kind), [] if operand is None else [operand], node)
    if node.type == "method_invocation":
        receiver, name = node.child_by_field_name("object"), node.child_by_field_name("name")
        before = "" if receiver is None else f"{_short(tree, receiver)}."
        return Call(f"{before}{'' if name is None else tree.text(name)}", given, node, receiver)
    function = node.child_by_field_name("function")
    receiver = None
    if function is not None:
        receiver = (
            function.child_by_field_name("object")
            or function.child_by_field_name("operand")
            or function.child_by_field_name("argument")
        )
    return Call("" if function is None else _short(tree, function), given, node, receiver)


def _short(tree: Tree, node: Any) -> str:
    """A callee without the arguments of calls on the way: ``a(x).b`` is ``a().b``."""
    whole = tree.source[max(node.start_byte, node.end_byte - 300) : node.end_byte].decode("utf-8", "replace")
    kept: list[str] = []
    depth = 0
    for character in whole:
        if character in "([":
            depth += 1
            if depth == 1:
                kept.append(character)
        elif character in ")]":
            depth -= 1
            if depth == 0:
                kept.append(character)
        elif depth == 0 and not character.isspace():
            kept.append(character)
    return "".join(kept).replace("?.", ".")[-200:]


def _assign(tree: Tree, node: Any) -> Assign | None:
    left, right = _ASSIGNS[node.type]
    target = node.child_by_field_name(left) if left else None
    value = node.child_by_field_name(right) if right else None
    if node.type == "keyed_element" and len(node.named_children) == 2:
        target, value = node.named_children
    if node.type == "enhanced_for_statement":
        value = node.child_by_field_name("value")
    if target is None or value is None:
        return None
    return Assign(tree.text(target, 200).strip("*& \"'"), value, node)
