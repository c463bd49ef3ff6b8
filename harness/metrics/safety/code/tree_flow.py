"""Follows data through a function of any language that tree-sitter parses. Coarser than what is done for Python."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from harness.metrics.safety.code.tree_text import NUMBERS, TEXTS, Parts, formatted, operator_of, parts_of
from harness.metrics.safety.code.trees import CALLS, FUNCTIONS, Assign, Call, Enter, Test, Tree, below, call_of

EXTERNAL, PARAMETER, TRUSTED = 2, 1, 0
_DEEPEST = 60
_NEVER = re.compile(r"(?!)")
#: A name, or a member of one.
_CHAINS = {
    "identifier", "this", "member_expression", "subscript_expression", "field_access", "array_access",
         "field_identifier",
    "selector_expression", "index_expression", "field_expression", "qualified_identifier", "scoped_identifier",
    "shorthand_property_identifier",
}  # fmt: skip
_COMPARISONS = {"==", "!=", "===", "!==", "<", ">", "<=", ">=", "instanceof", "in"}
_CHOICES = {"ternary_expression", "conditional_expression"}
_JOINS = re.compile(
    r"(?:^|\.)(?:path\.(?:join|resolve)|filepath\.Join|Paths\.get|Path\.of|resolve)$|^new File$|^path\.Join$"
)
_GLOBALS = {
    "document", "window", "console", "process", "require", "module", "exports", "location", "navigator", "undefined",
    "fs", "path", "os", "fmt", "http", "https", "crypto", "std", "stdin", "stdout", "stderr", "this", "super", "global",
}  # fmt: skip
_COPIES = {"strcpy", "strcat", "strncpy", "strncat", "memcpy"}


class Value(NamedTuple):
    """What is known of a value.

    Attributes:
        level: ``EXTERNAL``, ``PARAMETER`` or ``TRUSTED``.
        safe: Kinds of sink that it has been cleaned for.
        parts: Its text, where it was put together.
        joined: It is a path, or text with a slash, that data was appended to.
    """

    level: int = TRUSTED
    safe: frozenset[str] = frozenset()
    parts: Parts | None = None
    joined: bool = False

    def mixed(self, other: "Value") -> "Value":
        """Of a value made from two."""
        if not self.level or not other.level:
            return (other if other.level else self)._replace(parts=None)
        return Value(max(self.level, other.level), self.safe & other.safe, None, self.joined or other.joined)


class Dialect(NamedTuple):
    """What one language calls outside data and what cleans it.

    Attributes:
        external: Expressions that carry data of a request or of standard input; calls end in ``(`` or ``()``.
        local: The command line and the environment.
        cleaners: Callee pattern to the kinds of sink that its result is safe for.
        checks: A condition that matches vouches for the names it mentions, from there on.
        filled: Calls that write outside data into their arguments, for languages with out-parameters.
        handler: A parameter's text that makes it outside data.
    """

    external: re.Pattern[str]
    local: re.Pattern[str]
    cleaners: Sequence[tuple[re.Pattern[str], frozenset[str]]]
    checks: re.Pattern[str]
    filled: re.Pattern[str] = _NEVER
    handler: re.Pattern[str] = _NEVER


@dataclass
class State:
    """What is known of names at one place of the text."""

    tree: Tree
    dialect: Dialect
    names: dict[str, Value] = field(default_factory=dict)
    functions: list[tuple[str, dict[str, Value]]] = field(default_factory=list)

    @property
    def function(self) -> str:
        """The names of the enclosing functions, for what they say of its purpose."""
        return " ".join(name for name, _ in self.functions)

    def enter(self, event: Enter) -> None:
        """A function begins; its parameters may hold anything."""
        self.functions.append((event.name, dict(self.names)))
        for name, whole in event.parameters:
            self.names[name] = Value(EXTERNAL if self.dialect.handler.search(whole) else PARAMETER)

    def leave(self) -> None:
        """A function ends, and with it its names."""
        if self.functions:
            self.names = self.functions.pop()[1]

    def assign(self, event: Assign) -> None:
        """Take note of what a name is given."""
        value = self.of(event.value)
        target = event.target.split("[")[0].strip()
        parts: Parts | None = self.parts(event.value)
        if "[" in event.target or operator_of(event.node, self.tree) not in ("", "=", ":="):
            before = self.names.get(target, Value())
            parts = (*before.parts, *(parts or ()))[:200] if before.parts else None
            value = before.mixed(value)
        for name in re.findall(r"[\w.]+", target)[:8] if "," in target or "{" in target else [target]:
            self.names[name] = value._replace(parts=parts)

    def call(self, event: Call) -> None:
        """Out-parameters: what a reading function fills, and what ``sprintf`` and ``strcpy`` write."""
        if self.dialect.filled.search(event.name):
            for one in event.arguments:
                name = self.tree.text(one, 100).strip("&* ")
                if re.fullmatch(r"\w+", name):
                    self.names[name] = Value(EXTERNAL)
        if len(event.arguments) < 2 or not (event.name in _COPIES or event.name in ("sprintf", "snprintf")):
            return
        name = self.tree.text(event.arguments[0], 100)
        if event.name in _COPIES:
            self.names[name] = self.names.get(name, Value()).mixed(self.of(event.arguments[1]))
            return
        value = Value()
        for one in event.arguments[1:]:
            value = value.mixed(self.of(one))
        self.names[name] = value._replace(parts=formatted(event, self))

    def test(self, event: Test) -> None:
        """A condition that checks names makes them safe from there on."""
        text = self.tree.text(event.condition, 2000)
        if self.dialect.checks.search(text):
            for name in set(re.findall(r"[A-Za-z_]\w*", text)) & self.names.keys():
                self.names[name] = self.names[name]._replace(level=TRUSTED, joined=False)

    def of(self, node: Any) -> Value:
        """What is known of an expression: the worst of what it is made from, less what cleaners in it did."""
        return self._of(node, 0)

    def parts(self, node: Any) -> Parts:
        """The literal parts of a string expression and its holes."""
        return parts_of(node, self)

    def known_parts(self, name: str) -> Parts | None:
        """The parts of the text that a name holds."""
        known = self.names.get(name)
        return None if known is None else known.parts

    def is_literal(self, node: Any) -> bool:
        """Whether an expression is literal text or a number, or a name that holds one."""
        parts = self.parts(node)
        return bool(parts) and all(isinstance(one, str) for one in parts)

    def _of(self, node: Any, depth: int) -> Value:
        kind = node.type
        if kind in TEXTS or kind in NUMBERS or kind in FUNCTIONS:
            return Value()
        if depth > _DEEPEST:
            return self._flat(node)
        if kind in _CHAINS:
            return self._of_chain(node, depth)
        if kind in CALLS:
            return self._of_call(node, depth)
        operator = operator_of(node, self.tree) if kind in ("binary_expression", "unary_expression") else ""
        if operator in _COMPARISONS or operator == "!":
            return Value()
        made = [
            one
            for one in node.named_children[:200]
            if kind not in _CHOICES or one != node.child_by_field_name("condition")
        ]
        found = self._mix(made, depth)
        if found.level and self._has_slash(node, operator):
            found = found._replace(joined=True)
        return found

    def _of_chain(self, node: Any, depth: int) -> Value:
        text = self.tree.text(node, 300)
        if text in self.names:
            return self.names[text]._replace(parts=None)
        if self.dialect.external.search(text):
            return Value(EXTERNAL)
        if self.dialect.local.search(text):
            return Value(PARAMETER)
        if node.type == "identifier":
            # In a bare snippet a name that nothing sets may hold anything.
            free = not self.functions and text[:1].islower() and text not in _GLOBALS
            return Value(PARAMETER if free else TRUSTED)
        # What a table is asked for says nothing of what comes out of it.
        return self._of(node.named_children[0], depth + 1) if node.named_child_count else Value()

    def _of_call(self, node: Any, depth: int) -> Value:
        call = call_of(self.tree, node)
        written = f"{call.name}(" if call.arguments else f"{call.name}()"
        made = call.arguments if call.receiver is None else [call.receiver, *call.arguments]
        found = self._mix(made[:100], depth)
        if self.dialect.external.search(written):
            found = Value(EXTERNAL)
        elif self.dialect.local.search(written):
            found = found.mixed(Value(PARAMETER))
        if not found.level:
            return found
        for pattern, kinds in self.dialect.cleaners:
            if pattern.search(call.name):
                found = found._replace(safe=found.safe | kinds)
        joins = _JOINS.search(call.name) is not None and len(call.arguments) > 1
        return found._replace(joined=found.joined or joins)

    def _mix(self, nodes: Sequence[Any], depth: int) -> Value:
        found = Value()
        for one in nodes:
            found = found.mixed(self._of(one, depth + 1))
        return found

    def _flat(self, node: Any) -> Value:
        """Of an expression nested too deep to be read: the worst of the names in it."""
        found = Value()
        for one in below(node):
            if one.type == "identifier":
                found = found.mixed(self.names.get(self.tree.text(one), Value()))
        return found

    def _has_slash(self, node: Any, operator: str) -> bool:
        """Whether a path is put together; a slash in the literal text, not one that divides."""
        if node.type != "template_string" and operator != "+":
            return False
        return any("/" in self.tree.text(one) for one in below(node) if one.type in (*TEXTS, "string_fragment"))
