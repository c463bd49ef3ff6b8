"""Checks in code that make a name safe from there on: allow-lists, prefixes of real paths, validators."""

import ast
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from harness.metrics.safety.code.python_names import dotted, last
from harness.metrics.safety.code.python_taint import EVERYTHING, NUMERIC_TYPES, Scope

_VALIDATOR = re.compile(
    r"(?:^|_)(?:is_)?(?:safe|valid|allowed|permitted|authori[sz]ed|whitelisted|trusted)|has_allowed|validate|verify"
    r"|check|ensure|assert|sanit|endswith_allowed"
)
_CHARACTER_TESTS = {"isdigit", "isalnum", "isdecimal", "isidentifier", "isnumeric", "isalpha"}
_LEAVES = {"abort", "exit", "quit", "fail", "error", "redirect", "send_error", "die"}
_URL_PARTS = {"netloc", "hostname", "host", "scheme", "suffix"}
_PATH = frozenset({"path"})
_URL = frozenset({"url"})


class Guard(NamedTuple):
    """A name that is safe for some kinds of sink when a test came out as ``holds``."""

    name: str
    kinds: frozenset[str]
    holds: bool


def guards(test: ast.expr, scope: Scope) -> list[Guard]:
    """What a test vouches for."""
    return list(_guards(test, scope, True))


def leaves(body: Sequence[ast.stmt]) -> bool:
    """Whether control does not come out at the end of a block."""
    end = body[-1] if body else None
    if isinstance(end, ast.Return | ast.Raise | ast.Continue | ast.Break):
        return True
    return isinstance(end, ast.Expr) and isinstance(end.value, ast.Call) and last(dotted(end.value)) in _LEAVES


def vouched(call: ast.Call) -> Iterator[str]:
    """Names that a validating call as a statement of its own would have raised on: ``check_path(name)``."""
    word = last(dotted(call)).lower()
    if _VALIDATOR.search(word) or word in ("relative_to", "validate"):
        yield from (name for one in (*call.args, call.func) for name in _subjects(one))


def _guards(test: ast.expr, scope: Scope, holds: bool) -> Iterator[Guard]:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield from _guards(test.operand, scope, not holds)
    elif isinstance(test, ast.BoolOp):
        # All parts of an `and` hold when it does; none of an `or` does when it does not.
        wanted = isinstance(test.op, ast.And)
        yield from (one for part in test.values for one in _guards(part, scope, holds) if one.holds is wanted)
    elif isinstance(test, ast.Compare) and len(test.ops) == 1:
        yield from _of_compare(test, scope, holds)
    elif isinstance(test, ast.Call):
        yield from _of_call(test, scope, holds)


def _of_compare(test: ast.Compare, scope: Scope, holds: bool) -> Iterator[Guard]:
    left, right, operator = test.left, test.comparators[0], test.ops[0]
    if isinstance(operator, ast.NotIn | ast.NotEq):
        holds = not holds
    if isinstance(operator, ast.In | ast.NotIn):
        if isinstance(left, ast.Constant) and left.value in ("..", "../", "/", "\\", "."):
            yield from (Guard(name, _PATH, not holds) for name in _subjects(right))
        elif isinstance(left, ast.Constant) and left.value in ("\n", "\r"):
            yield from (Guard(name, frozenset({"header", "log"}), not holds) for name in _subjects(right))
        elif not scope.of(right).level:
            yield from (Guard(name, EVERYTHING, holds) for name in _subjects(left))
    elif isinstance(operator, ast.Eq | ast.NotEq):
        for side, other in ((left, right), (right, left)):
            if not scope.of(other).level and (not isinstance(other, ast.Constant) or other.value not in ("", None)):
                yield from (Guard(name, EVERYTHING, holds) for name in _subjects(side))
            elif "commonp" in dotted(side):
                yield from (Guard(name, _PATH, holds) for name in _subjects(side))


def _of_call(test: ast.Call, scope: Scope, holds: bool) -> Iterator[Guard]:
    word = last(dotted(test))
    receiver = test.func.value if isinstance(test.func, ast.Attribute) else None
    if word in _CHARACTER_TESTS and receiver is not None:
        yield from (Guard(name, EVERYTHING, holds) for name in _subjects(receiver))
    elif word == "startswith" and receiver is not None:
        if scope.of(receiver).normal:
            yield from (Guard(name, _PATH, holds) for name in _subjects(receiver))
    elif word == "is_relative_to" and receiver is not None:
        yield from (Guard(name, _PATH, holds) for name in _subjects(receiver))
    elif word == "isabs":
        yield from (Guard(name, _PATH, not holds) for one in test.args for name in _subjects(one))
    elif word in ("match", "fullmatch") or (word == "isinstance" and _names_numbers(test)):
        yield from (Guard(name, EVERYTHING, holds) for one in test.args for name in _subjects(one))
    elif _VALIDATOR.search(word.lower()):
        kinds = _URL | {"header", "html"} if "url" in word.lower() or "host" in word.lower() else EVERYTHING
        yield from (Guard(name, kinds, holds) for one in test.args for name in _subjects(one))


def _names_numbers(test: ast.Call) -> bool:
    kinds = {last(dotted(one)) for one in ast.walk(test.args[1])} - {""} if len(test.args) > 1 else set()
    return bool(kinds) and kinds <= NUMERIC_TYPES


def _subjects(node: ast.AST) -> Iterator[str]:
    """The names whose values a test looks at: of ``urlparse(a).netloc`` it is ``a``, of ``request.method`` itself."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute | ast.Subscript):
        yield dotted(node)
        inner = node.value
        while isinstance(inner, ast.Attribute | ast.Subscript):
            inner = inner.value
        if isinstance(inner, ast.Call) or (isinstance(node, ast.Attribute) and node.attr in _URL_PARTS):
            yield from _subjects(inner)
    else:
        for child in ast.iter_child_nodes(node):
            yield from _subjects(child)
