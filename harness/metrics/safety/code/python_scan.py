"""Walks Python code statement by statement, with what is known of its names, and collects what the rules find."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.metrics.safety.code.finding import Weakness, in_order
from harness.metrics.safety.code.python_calls import call_weaknesses
from harness.metrics.safety.code.python_flows import flow_weaknesses, is_page_sink
from harness.metrics.safety.code.python_functions import function_weaknesses
from harness.metrics.safety.code.python_guards import guards, leaves, vouched
from harness.metrics.safety.code.python_names import dotted, imports, is_constant, last
from harness.metrics.safety.code.python_secrets import (
    asked_in_address,
    compare_weaknesses,
    literal_secret,
    prefix_check,
    shown_secret,
)
from harness.metrics.safety.code.python_taint import CLEAN, EVERYTHING, EXTERNAL, Scope, Taint, is_view, parameters
from harness.metrics.safety.code.python_text import is_built, parts_of
from harness.metrics.safety.code.python_text_rules import (
    command_line,
    command_weakness,
    markup_weakness,
    query_weakness,
    run_query,
)
from harness.metrics.safety.code.regular_expressions import pattern_faults
from harness.metrics.safety.code.sql import looks_like_sql

_MOST_CALLS_FOLLOWED = 40
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def weaknesses(tree: ast.Module) -> list[Weakness]:
    """All findings of a module, by line.

    Data is followed within a function, and from outside into the functions of the same module.

    Raises:
        RecursionError: the code is nested too deep to be walked.
    """
    functions = {one.name: one for one in ast.walk(tree) if isinstance(one, _Function)}
    aliases = imports(tree)
    cleaning = frozenset(name for name, one in functions.items() if _cleans(one, aliases))
    walk = _Walk(functions)
    mentions = frozenset(one.attr for one in ast.walk(tree) if isinstance(one, ast.Attribute))
    scope = Scope(aliases=aliases, cleaning=cleaning, mentions=mentions)
    _Scan(walk, scope, "").visit_body(tree.body)
    for _ in range(_MOST_CALLS_FOLLOWED):
        if not walk.pending:
            break
        name, outside = walk.pending.pop()
        _Scan(walk, scope, "").function(functions[name], outside)
    return in_order(walk.found)


def _cleans(node: _Function, aliases: dict[str, str]) -> bool:
    """Whether nothing of a function's arguments comes back uncleaned."""
    walk = _Walk({})
    inner = _Scan(walk, Scope(aliases=aliases), "").function(node, frozenset())
    return bool(inner.returned) and all(not one.level or one.safe >= EVERYTHING for one in inner.returned)


@dataclass
class _Walk:
    """What one walk over a module shares: its functions, the findings, calls yet to be followed."""

    functions: dict[str, _Function]
    found: list[Weakness] = field(default_factory=list)
    pending: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    followed: set[tuple[str, frozenset[str]]] = field(default_factory=set)


class _Scan(ast.NodeVisitor):
    """Walks one function in order, so that a name's taint is what its last assignment gave it."""

    def __init__(self, walk: _Walk, scope: Scope, purpose: str, *, view: bool = False) -> None:
        self.walk, self.scope, self.purpose, self.view = walk, scope, purpose, view
        self.returned: list[Taint] = []
        self.errors: set[str] = set()

    def visit_body(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            self.visit(statement)

    def function(self, node: _Function, outside: frozenset[str]) -> "_Scan":
        """Walk a function; arguments named in ``outside`` come from outside whatever they look like."""
        scope = self.scope.inner()
        scope.taint.update(parameters(node, scope))
        scope.taint.update(dict.fromkeys(outside, Taint(EXTERNAL)))
        for name in parameters(node, scope):
            scope.texts.pop(name, None)
            scope.values.pop(name, None)
        view = any(taint.level == EXTERNAL for taint in scope.taint.values()) or any(
            is_view(one, scope) for one in node.decorator_list
        )
        # What it is for stands in its name and, for random values, in the first words of its docstring.
        purpose = f"{node.name} {(ast.get_docstring(node) or '')[:200]}"
        inner = _Scan(self.walk, scope, purpose, view=view)
        for argument, default in _defaults(node):
            inner._note(literal_secret(argument, default))
        inner.visit_body(node.body)
        self.walk.found += function_weaknesses(node, scope)
        return inner

    def visit_FunctionDef(self, node: _Function) -> None:
        for one in node.decorator_list:
            self.visit(one)
            if last(dotted(one)) == "csrf_exempt":
                reason = "the view is taken out of the protection against forged requests"
                self._note(Weakness("csrf-disabled", "CWE-352", "medium", reason, one.lineno))
        self.function(node, frozenset())

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Assign(self, node: ast.Assign) -> None:
        outer = self.purpose
        self.purpose = f"{outer} {' '.join(dotted(one) for one in node.targets)}"
        self.visit(node.value)
        self.purpose = outer
        for target in node.targets:
            self.scope.assign(target, node.value)
            self._set(target, node.value)
            self._note(command_line(last(dotted(target)), node.value, self.scope))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)
            self.scope.assign(node.target, node.value)
            self._set(node.target, node.value)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self.scope.assign(node.target, node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.visit(node.value)
        whole = ast.copy_location(ast.BinOp(node.target, node.op, node.value), node)
        name = dotted(node.target)
        before = self.scope.taint.get(name, CLEAN)
        parts = parts_of(whole, self.scope.texts)
        if isinstance(node.op, ast.Add) and is_built(parts):
            if is_built(parts_of(node.value, self.scope.texts)) or not isinstance(node.value, ast.Constant):
                self._note(query_weakness(whole, self.scope))
            self.scope.texts[name] = parts
        self.scope.taint[name] = before.mixed(self.scope.of(node.value))

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self.scope.assign(node.target, node.iter)
        self.visit_body([*node.body, *node.orelse])

    visit_AsyncFor = visit_For

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self.visit(item.context_expr)
            if item.optional_vars is not None:
                self.scope.assign(item.optional_vars, item.context_expr)
        self.visit_body(node.body)

    visit_AsyncWith = visit_With

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        passed = guards(node.test, self.scope)
        before = dict(self.scope.taint)
        self._clean(passed, True)
        self.visit_body(node.body)
        after_body = self.scope.taint
        self.scope.taint = dict(before)
        self._clean(passed, False)
        self.visit_body(node.orelse)
        if leaves(node.body):
            return
        if leaves(node.orelse):
            self.scope.taint = after_body
            return
        for name in after_body.keys() | self.scope.taint.keys():
            self.scope.taint[name] = after_body.get(name, CLEAN).mixed(self.scope.taint.get(name, CLEAN))

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.visit(node.test)
        before = dict(self.scope.taint)
        self._clean(guards(node.test, self.scope), True)
        self.visit(node.body)
        self.scope.taint = before
        self.visit(node.orelse)

    def visit_Try(self, node: ast.Try) -> None:
        self.visit_body(node.body)
        for handler in node.handlers:
            self.errors |= {handler.name} if handler.name else set()
            self.visit_body(handler.body)
        self.visit_body([*node.orelse, *node.finalbody])

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        for one in node.generators:
            self.visit(one.iter)
            self.scope.assign(one.target, one.iter)
            for test in one.ifs:
                self.visit(test)
        for part in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            self.visit(part)

    visit_SetComp = visit_GeneratorExp = visit_DictComp = visit_ListComp

    def visit_Expr(self, node: ast.Expr) -> None:
        self.visit(node.value)
        if isinstance(node.value, ast.Call):
            for name in vouched(node.value):
                self.scope.clean(name, EVERYTHING)

    def visit_Assert(self, node: ast.Assert) -> None:
        self.visit(node.test)
        self._clean(guards(node.test, self.scope), True)

    def visit_Compare(self, node: ast.Compare) -> None:
        self.walk.found += compare_weaknesses(node, self.scope)
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant):
                self._note(literal_secret(str(key.value), value, minimum=8))
        self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._text(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if is_built(self.scope.text(node)):
            self._text(node)
        else:
            self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is None:
            return
        value = self.scope.of(node.value)
        self.returned.append(value)
        if "format_exc" in ast.dump(node.value) or (self.view and self._tells_error(node.value)):
            reason = "what went wrong inside is told to the caller"
            self._note(Weakness("error-disclosure", "CWE-209", "medium", reason, node.lineno))
        markup = markup_weakness(node.value, self.scope)
        self._note(markup)
        if not markup and self.view and value.at("html") == EXTERNAL and self._is_page(node.value):
            reason = "outside data is returned unescaped"
            self._note(Weakness("cross-site-scripting", "CWE-79", "high", reason, node.lineno))
        self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        name, scope = self.scope.name_of(node.func), self.scope
        found = self.walk.found
        found += flow_weaknesses(node, name, scope)
        found += call_weaknesses(node, name, scope, self.purpose)
        for one in (
            run_query(node, name, scope),
            command_weakness(node, name, scope),
            shown_secret(node, name),
            prefix_check(node),
            asked_in_address(node, name),
            *(literal_secret(word.arg or "", word.value, minimum=4) for word in node.keywords),
        ):
            self._note(one)
        if name.startswith("re.") and node.args and isinstance(node.args[0], ast.Constant):
            for rule, cwe, severity, reason in pattern_faults(str(node.args[0].value)):
                self._note(Weakness(rule, cwe, severity, reason, node.lineno))
        if self._tells_error(node) and is_page_sink(name):
            reason = "what went wrong inside is told to the caller"
            self._note(Weakness("error-disclosure", "CWE-209", "medium", reason, node.lineno))
        if last(name) == "format" and is_built(scope.text(node)):
            self._text(node)
        else:
            if (
                last(name) in ("append", "write", "mark_safe", "HttpResponse", "Response", "make_response")
                and node.args
            ):
                self._note(markup_weakness(node.args[0], scope))
            self.generic_visit(node)
        self._follow(node, name)

    def _follow(self, node: ast.Call, name: str) -> None:
        """Remember a call of the module's own function with data from outside."""
        target = self.walk.functions.get(name.removeprefix("self."))
        if target is None:
            return
        names = [one.arg for one in (*target.args.posonlyargs, *target.args.args)]
        names = names[1:] if names[:1] == ["self"] else names
        given = [*zip(names, node.args, strict=False), *((one.arg or "", one.value) for one in node.keywords)]
        outside = frozenset(arg for arg, value in given if arg and self._is_outside(value))
        if outside and (target.name, outside) not in self.walk.followed:
            self.walk.followed.add((target.name, outside))
            self.walk.pending.append((target.name, outside))

    def _is_outside(self, value: ast.expr) -> bool:
        taint = self.scope.of(value)
        return taint.level == EXTERNAL and not taint.safe

    def _set(self, target: ast.expr, value: ast.expr) -> None:
        name = last(dotted(target))
        key = target.slice.value if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant) else ""
        self._note(literal_secret(str(key) or name, value))
        line = target.lineno
        if name == "headers" and isinstance(target, ast.Subscript) and self.scope.of(value).at("header") == EXTERNAL:
            rule = ("open-redirect", "CWE-601") if str(key).lower() == "location" else ("header-injection", "CWE-113")
            self._note(Weakness(*rule, "medium", "a response header is set from outside data", line))
        if name in ("check_hostname", "verify") and is_constant(value, False):
            self._note(Weakness("tls-not-verified", "CWE-295", "high", "the host is not checked", line))
        if name == "verify_mode" and "CERT_NONE" in ast.dump(value):
            self._note(Weakness("tls-not-verified", "CWE-295", "high", "the certificate is not checked", line))
        if str(key) in ("DEBUG", "TESTING") and is_constant(value, True):
            self._note(Weakness("debug-mode", "CWE-489", "medium", "debugging is switched on", line))
        if name == "allow_tags" and is_constant(value, True):
            self._note(Weakness("cross-site-scripting", "CWE-79", "medium", "a column's markup is not escaped", line))
        if str(key) in ("WTF_CSRF_ENABLED", "WTF_CSRF_CHECK_DEFAULT") and is_constant(value, False):
            self._note(Weakness("csrf-disabled", "CWE-352", "medium", "forged requests are let through", line))
        if name == "environ" and self.scope.of(value).level == EXTERNAL:
            self._note(
                Weakness("outside-configuration", "CWE-454", "medium", "the environment is set from outside", line)
            )

    def _text(self, node: ast.expr) -> None:
        """A string that is put together: judged once, as a whole."""
        self._note(query_weakness(node, self.scope))
        for part in ast.walk(node):
            if isinstance(part, ast.Call) and part is not node:
                self.visit_Call(part)

    def _tells_error(self, value: ast.expr) -> bool:
        return any(isinstance(one, ast.Name) and one.id in self.errors for one in ast.walk(value))

    def _is_page(self, value: ast.expr) -> bool:
        """Whether a returned value is sent as a page: text, or a name that holds text."""
        if isinstance(value, ast.Tuple) and value.elts:
            value = value.elts[0]
        return is_built(self.scope.text(value)) and not looks_like_sql(str(value))

    def _clean(self, passed: Sequence[tuple[str, frozenset[str], bool]], holds: bool) -> None:
        for name, kinds, when in passed:
            if when is holds:
                self.scope.clean(name, kinds)

    def _note(self, found: Weakness | None) -> None:
        if found is not None:
            self.walk.found.append(found)


def _defaults(node: _Function) -> list[tuple[str, ast.expr | None]]:
    places = [*node.args.posonlyargs, *node.args.args]
    given = places[len(places) - len(node.args.defaults) :]
    return [
        *((one.arg, value) for one, value in zip(given, node.args.defaults, strict=True)),
        *((one.arg, value) for one, value in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)),
    ]
