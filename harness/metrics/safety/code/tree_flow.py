"""Follows data through a function of any language that tree-sitter parses: names, text put together, checks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from harness.metrics.safety.code.trees import Assign, Call, Enter, Test, Tree, below

EXTERNAL, PARAMETER, TRUSTED = 2, 1, 0
_NAMES = {"identifier", "field_identifier", "property_identifier", "shorthand_property_identifier", "this"}
_TEXTS = {"string", "string_literal", "interpreted_string_literal", "raw_string_literal", "char_literal",
          "concatenated_string", "character_literal", "text_block", "regex"}  # fmt: skip
_NUMBERS = {"number", "number_literal", "int_literal", "decimal_integer_literal", "float_literal", "true", "false",
     "null",
            "nil", "null_literal", "hex_integer_literal", "octal_integer_literal", "boolean"}  # fmt: skip
_FORMAT = re.compile(r"(?:^|\.)(?:format|formatted|Sprintf|Sprint|Sprintln|Fprintf|Errorf|sprintf|snprintf"
                     r"|vsprintf|asprintf|concat|Printf"
                     r"|util\.format)$")  # fmt: skip
_SPEC = re.compile(r"%[-+ #0]{0,5}(?:\d{1,6}|\*)?(?:\.(?:\d{1,6}|\*))?(?:hh|h|ll|l|z|j|t|L)?([a-zA-Z%])")


class Hole(NamedTuple):
    """A part of a string that is not literal."""

    text: str
    level: int
    safe: frozenset[str]
    numeric: bool = False


Parts = tuple[str | Hole, ...]


class Value(NamedTuple):
    """What is known of a name: how far it is to be distrusted, what it is safe for, its text if it was put together."""

    level: int = TRUSTED
    safe: frozenset[str] = frozenset()
    parts: Parts | None = None
    joined: bool = False


class Dialect(NamedTuple):
    """What one language calls outside data and what cleans it.

    Attributes:
        external: Expressions that carry data of a request or of standard input.
        local: The command line and the environment.
        cleaners: Callee pattern to the kinds of sink that its result is safe for.
        checks: A condition that matches vouches for the names it mentions.
        filled: Calls that write outside data into their arguments, for languages with out-parameters.
        handler: A parameter's text that makes it outside data.
    """

    external: re.Pattern[str]
    local: re.Pattern[str]
    cleaners: Sequence[tuple[re.Pattern[str], frozenset[str]]]
    checks: re.Pattern[str]
    filled: re.Pattern[str] = re.compile(r"(?!)")
    handler: re.Pattern[str] = re.compile(r"(?!)")


@dataclass
class State:
    """The names of the functions that enclose a place in the text."""

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
            outside = self.dialect.handler.search(whole) is not None
            self.names[name] = Value(EXTERNAL if outside else PARAMETER)

    def leave(self) -> None:
        """A function ends, and with it its names."""
        if self.functions:
            self.names = self.functions.pop()[1]

    def assign(self, event: Assign) -> None:
        """Take note of what a name is given."""
        value = self.of(event.value)
        target = event.target.split("[")[0].strip()
        if (
            "[" in event.target
            or event.node.type == "augmented_assignment_expression"
            or "+=" in self._operator(event.node)
        ):
            before = self.names.get(target, Value())
            parts = self.parts(event.value)
            joined = (*before.parts, *parts)[:200] if before.parts else None
            value = Value(
                max(before.level, value.level), before.safe & value.safe, joined, before.joined or value.joined
            )
        else:
            value = value._replace(parts=self.parts(event.value))
        for name in re.findall(r"[\w.]+", target)[:8] if "," in target or "{" in target else [target]:
            self.names[name] = value

    def call(self, event: Call) -> None:
        """Out-parameters: what a reading function fills, and what ``sprintf`` writes."""
        if self.dialect.filled.search(event.name):
            for one in event.arguments:
                name = self.tree.text(one).strip("&* ")[:100]
                if re.fullmatch(r"\w+", name):
                    self.names[name] = Value(EXTERNAL)
        if event.name in ("sprintf", "snprintf") and event.arguments:
            value = Value(0)
            for one in event.arguments[1:]:
                value = _mixed(value, self.of(one))
            self.names[self.tree.text(event.arguments[0])] = value._replace(parts=self._formatted(event))
        if event.name in ("strcpy", "strcat", "strncpy", "strncat", "memcpy") and len(event.arguments) > 1:
            name = self.tree.text(event.arguments[0])
            self.names[name] = _mixed(self.names.get(name, Value()), self.of(event.arguments[1]))

    def test(self, event: Test) -> None:
        """A condition that checks names makes them safe from there on."""
        text = self.tree.text(event.condition)[:2000]
        if self.dialect.checks.search(text):
            for name in set(re.findall(r"[A-Za-z_]\w*", text)):
                if name in self.names:
                    self.names[name] = self.names[name]._replace(level=TRUSTED, joined=False)

    def of(self, node: Any) -> Value:
        """What is known of an expression: the worst of the names in it, less what cleaners around it did."""
        text = self.tree.text(node)
        if node.type in _TEXTS or node.type in _NUMBERS:
            return Value()
        cleaned = self._cleaned(node, text)
        found = Value()
        if self.dialect.external.search(text):
            found = Value(EXTERNAL)
        elif self.dialect.local.search(text):
            found = Value(PARAMETER)
        for one in below(node):
            if one.type in _NAMES and not self._is_member(one):
                found = _mixed(found, self.names.get(self.tree.text(one), Value()))
        whole = self.names.get(text.strip())
        if whole is not None:
            found = _mixed(found, whole)
        if found.level and cleaned:
            found = found._replace(safe=found.safe | cleaned)
        return found._replace(parts=None, joined=found.joined or self._joins(node, text, found))

    def parts(self, node: Any) -> Parts:
        """The literal parts of a string expression and its holes."""
        return tuple(self._parts(node, 0))[:200]

    def is_literal(self, node: Any) -> bool:
        """Whether an expression is literal text or a number, or a name that holds one."""
        parts = self.parts(node)
        return bool(parts) and all(isinstance(one, str) for one in parts)

    def is_built(self, node: Any) -> bool:
        """Whether an expression mixes literal text with data."""
        return built(self.parts(node))

    def _parts(self, node: Any, depth: int) -> list[str | Hole]:
        kind, text = node.type, self.tree.text(node)
        if kind in _TEXTS:
            return [text.strip("\"'`") if kind != "concatenated_string" else text.replace('"', "")]
        if kind in _NUMBERS:
            return [text]
        if kind == "template_string":
            return self._template(node, depth)
        if depth < 60 and kind == "binary_expression" and self._operator(node) == "+":
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            return [*self._parts(left, depth + 1), *self._parts(right, depth + 1)]
        if (
            depth < 60
            and kind in ("parenthesized_expression", "expression_list", "argument")
            and node.named_child_count == 1
        ):
            return self._parts(node.named_children[0], depth + 1)
        if kind in ("call_expression", "method_invocation") and depth < 60:
            return self._of_call(node, depth)
        known = self.names.get(text.strip())
        if (
            known is not None
            and known.parts is not None
            and (built(known.parts) or all(isinstance(one, str) for one in known.parts))
        ):
            return list(known.parts)
        value = self.of(node)
        return [Hole(text[:200], value.level, value.safe)]

    def _of_call(self, node: Any, depth: int) -> list[str | Hole]:
        from harness.metrics.safety.code.trees import _call

        call = _call(self.tree, node)
        if _FORMAT.search(call.name) and call.arguments:
            return list(self._formatted(call))
        text = self.tree.text(node)
        if (
            call.receiver is not None
            and re.search(r"\.(?:c_str|toString|trim|getBytes|strip|encode|String)$", call.name)
            and not call.arguments
        ):
            return self._parts(call.receiver, depth + 1)
        if call.name in ("String", "[]byte", "string") and len(call.arguments) == 1:
            return self._parts(call.arguments[0], depth + 1)
        value = self.of(node)
        return [Hole(text[:200], value.level, value.safe)]

    def _formatted(self, call: Call) -> Parts:
        place = next((i for i, one in enumerate(call.arguments) if one.type in _TEXTS), None)
        receiver = call.receiver if call.name.endswith((".concat", ".formatted")) else None
        if receiver is not None:
            pattern, given = self.tree.text(receiver).strip("\"'"), call.arguments
        elif place is None:
            return tuple(Hole(self.tree.text(one)[:200], *self.of(one)[:2]) for one in call.arguments)
        else:
            pattern, given = self.tree.text(call.arguments[place]).strip("\"'`"), call.arguments[place + 1 :]
        found: list[str | Hole] = []
        start, number = 0, 0
        for match in _SPEC.finditer(pattern):
            if match[1] == "%" or number >= len(given):
                continue
            value = self.of(given[number])
            found += [pattern[start : match.start()]]
            literal = self.parts(given[number]) if given[number].type in _TEXTS else None
            found += literal or [
                Hole(self.tree.text(given[number])[:200], value.level, value.safe, match[1] in "diouxXeEfgGcbtp")
            ]
            start, number = match.end(), number + 1
        return (*found, pattern[start:])

    def _template(self, node: Any, depth: int) -> list[str | Hole]:
        found: list[str | Hole] = []
        for one in node.children:
            if one.type == "template_substitution" and one.named_child_count:
                found += self._parts(one.named_children[0], depth + 1) if depth < 60 else [Hole("", 0, frozenset())]
            elif one.type not in ("`",):
                found.append(self.tree.text(one))
        return found

    def _operator(self, node: Any) -> str:
        operator = node.child_by_field_name("operator")
        return "" if operator is None else self.tree.text(operator)

    def _cleaned(self, node: Any, text: str) -> frozenset[str]:
        """What the outermost call of an expression makes it safe for."""
        inner = node
        while (
            inner.type in ("parenthesized_expression", "expression_list", "await_expression")
            and inner.named_child_count == 1
        ):
            inner = inner.named_children[0]
        callee = (
            self.tree.text(inner).split("(", 1)[0]
            if inner.type
            in (
                "call_expression",
                "method_invocation",
                "new_expression",
                "unary_expression",
                "cast_expression",
                "object_creation_expression",
            )
            else ""
        )
        for pattern, kinds in self.dialect.cleaners:
            if (callee and pattern.search(callee[-200:])) or (
                inner.type == "method_invocation" and pattern.search(text[-120:].rsplit("(", 1)[0])
            ):
                return kinds
        return frozenset()

    def _is_member(self, node: Any) -> bool:
        """Whether a name is the part after a dot, whose owner decides."""
        parent = node.parent
        if parent is None or node.type in ("identifier", "this", "shorthand_property_identifier"):
            return (
                parent is not None
                and parent.type in ("method_invocation",)
                and parent.child_by_field_name("name") == node
            )
        return True

    def _joins(self, node: Any, text: str, found: Value) -> bool:
        if not found.level:
            return False
        if re.match(
            r"(?:path\.(?:join|resolve)|filepath\.Join|Paths\.get|Path\.of|new File)\s*\(.{1,400}?,", text, re.S
        ):
            return True
        if node.type != "template_string" and (node.type != "binary_expression" or self._operator(node) != "+"):
            return False
        # A slash in the literal text; not one that divides.
        return any("/" in self.tree.text(one) for one in below(node) if one.type in (*_TEXTS, "string_fragment"))


def built(parts: Parts) -> bool:
    """Whether literal text and data are mixed."""
    return (
        len(parts) > 1
        and any(isinstance(one, str) and one for one in parts)
        and any(isinstance(one, Hole) for one in parts)
    )


def _mixed(one: Value, other: Value) -> Value:
    if not one.level or not other.level:
        return other if other.level else one
    return Value(max(one.level, other.level), one.safe & other.safe, None, one.joined or other.joined)
