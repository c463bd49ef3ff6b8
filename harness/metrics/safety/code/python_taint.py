"""Which data of a function comes from outside, and against which kinds of sink it has been cleaned."""

import ast
import re
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from harness.metrics.safety.code.python_names import dotted, last, mentioned
from harness.metrics.safety.code.python_text import Parts, is_built, literal, parts_of

#: How far data is to be distrusted: a request's, the function's own arguments', none.
EXTERNAL, PARAMETER, TRUSTED = 2, 1, 0
#: What a cleaner makes data safe for.
EVERYTHING = frozenset({"sql", "command", "path", "html", "url", "ldap", "xpath", "regex", "log", "header", "code"})

_REQUEST = re.compile(r"(?:^|\.)(?:request|req|flask\.request|web_request)(?:\.|$)")
_OUTSIDE = re.compile(
    r"^(?:input|raw_input|sys\.stdin|cgi\.FieldStorage|web\.input|bottle\.request)(?:\.|$)"
    r"|(?:^|\.)(?:get_argument|get_arguments|get_body_argument|get_query_argument|query_params|form_dict|recv|recvfrom"
    r"|rfile|FieldStorage|GET|POST|COOKIES|QUERY_STRING)(?:\.|$)"
)
#: The user's own command line and environment: as far as a caller's arguments, no further.
_LOCAL = re.compile(r"^(?:sys\.argv|os\.environ|os\.getenv)(?:\.|$)|(?:^|\.)parse_(?:known_)?args$")
_NOT_DATA = re.compile(r"\.(?:method|is_ajax|is_authenticated|user\.is_\w+|user\.id|content_length|session|app|state)$")
_NUMBER = {"int", "float", "bool", "len", "hash", "id", "ord", "round", "abs", "sum", "UUID", "Decimal", "ip_address",
           "uuid4", "hexdigest", "digest", "b64encode", "urlsafe_b64encode", "isoformat", "timestamp",
                "time"}  # fmt: skip
_CLEANERS: dict[str, frozenset[str]] = {
    **dict.fromkeys(_NUMBER, EVERYTHING),
    **dict.fromkeys(("escape", "conditional_escape", "format_html", "clean", "jsonify", "dumps", "JsonResponse",
                     "render_template", "render", "render_to_response", "linkify", "escapejs", "urlize", "tojson"),
                    frozenset({"html", "log"})),
    **dict.fromkeys(("secure_filename", "basename", "safe_join", "get_valid_filename", "get_valid_name"),
                    frozenset({"path", "header", "command"})),
    **dict.fromkeys(("quote", "list2cmdline"), frozenset({"command", "html", "url", "header", "log", "path"})),
    **dict.fromkeys(("quote_plus", "urlencode"), frozenset({"html", "url", "header", "log", "path"})),
    **dict.fromkeys(("escape_filter_chars", "escape_dn_chars", "escape_rdn"), frozenset({"ldap"})),
    **dict.fromkeys(("escape_string", "mogrify", "Identifier", "quote_ident", "literal", "quote_name", "quoted_name"),
                    frozenset({"sql"})),
    "url_for": frozenset({"url", "html", "header", "log"}),
    "reverse": frozenset({"url", "html", "header", "log"}),
    "repr": frozenset({"log"}),
}  # fmt: skip
_CLEANING_NAME = re.compile(r"sanit|escape|antixss|whitelist|allow_?list|slugify|(?:^|_)(?:safe|clean|valid|check)")
_NORMALISING = {"realpath", "abspath", "normpath", "resolve"}
_VERBS = {"get", "post", "put", "delete", "patch", "head", "do_GET", "do_POST", "do_PUT"}
_ROUTE = re.compile(
    r"(?:^|\.)(?:route|get|post|put|patch|delete|view_config|expose|api_view|websocket|function_name)$|(?:^|_)route"
)
NUMERIC_TYPES = {"int", "float", "bool", "UUID", "Decimal", "date", "datetime"}


class Taint(NamedTuple):
    """How far a value is to be distrusted, and for what it is safe all the same.

    Attributes:
        level: ``EXTERNAL``, ``PARAMETER`` or ``TRUSTED``.
        safe: Kinds of sink that it has been cleaned for.
        joined: It is a path, or text with a slash, that outside data was appended to.
        normal: It is a normalised path, of which the start can be trusted.
    """

    level: int = TRUSTED
    safe: frozenset[str] = frozenset()
    joined: bool = False
    normal: bool = False

    def at(self, kind: str) -> int:
        """The level seen by a kind of sink."""
        return TRUSTED if kind in self.safe else self.level

    def mixed(self, other: "Taint") -> "Taint":
        """Of a value made from two."""
        if not other.level or not self.level:
            return self if self.level else other
        return Taint(
            max(self.level, other.level),
            self.safe & other.safe,
            self.joined or other.joined,
            self.normal and other.normal,
        )

    def cleaned(self, kinds: frozenset[str]) -> "Taint":
        """After a cleaner."""
        return self._replace(safe=self.safe | kinds)


CLEAN = Taint()


@dataclass
class Scope:
    """What is known of the names of one function at one place of it.

    Attributes:
        taint: By name or dotted chain.
        texts: Names that hold strings, with their parts.
        values: The expression last assigned to a name.
        origin: Names that a name was computed from.
        aliases: What imported names stand for.
        mentions: Every attribute that the module names.
        cleaning: Functions of the same snippet that return nothing of their arguments uncleaned.
    """

    taint: dict[str, Taint] = field(default_factory=dict)
    texts: dict[str, Parts] = field(default_factory=dict)
    values: dict[str, ast.expr] = field(default_factory=dict)
    origin: dict[str, frozenset[str]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    cleaning: frozenset[str] = frozenset()
    mentions: frozenset[str] = frozenset()

    def inner(self) -> "Scope":
        """A copy for a function defined here."""
        return replace(
            self, taint=dict(self.taint), texts=dict(self.texts), values=dict(self.values), origin=dict(self.origin)
        )

    def name_of(self, node: ast.AST) -> str:
        """The dotted name of an expression, with what was imported under its first part written out."""
        name = dotted(node)
        first, _, rest = name.partition(".")
        whole = self.aliases.get(first)
        return name if whole is None else f"{whole}.{rest}" if rest else whole

    def of(self, node: ast.AST | None) -> Taint:
        """The taint of an expression."""
        if node is None or isinstance(node, ast.Constant | ast.Compare | ast.Lambda):
            return CLEAN
        if isinstance(node, ast.Call):
            return self._of_call(node)
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
            return self._of_chain(node)
        if isinstance(node, ast.IfExp):
            return self.of(node.body).mixed(self.of(node.orelse))
        found = CLEAN
        for child in ast.iter_child_nodes(node):
            found = found.mixed(self.of(child))
        if found.level and isinstance(node, ast.BinOp | ast.JoinedStr) and self._has_slash(node):
            found = found._replace(joined=True)
        return found

    def text(self, node: ast.expr) -> Parts:
        """The parts of a string expression."""
        return parts_of(node, self.texts)

    def value(self, node: ast.AST | None) -> ast.AST | None:
        """What a name was last set to; any other expression is itself."""
        return self.values.get(node.id, node) if isinstance(node, ast.Name) else node

    def assign(self, target: ast.AST, value: ast.expr) -> None:
        """Take note of an assignment."""
        taint, parts = self.of(value), self.text(value)
        if isinstance(target, ast.Subscript):
            key = dotted(target)
            self.taint[key] = taint.mixed(self.taint.get(key, CLEAN))
            return
        origin = frozenset(mentioned(value)) if taint.level else frozenset()
        for name in _targets(target):
            self.taint[name] = taint
            self.origin[name] = origin
            known = is_built(parts) or all(isinstance(part, str) for part in parts)
            if known and isinstance(target, ast.Name):
                self.texts[name] = parts
            else:
                self.texts.pop(name, None)
            self.values[name] = value

    def clean(self, name: str, kinds: frozenset[str]) -> None:
        """A check has passed on a name: it and what it came from are safe."""
        for one in {name, *self.origin.get(name, ())}:
            if one in self.taint:
                self.taint[one] = self.taint[one].cleaned(kinds)

    def _of_chain(self, node: ast.Name | ast.Attribute | ast.Subscript) -> Taint:
        name = self.name_of(node)
        if name in self.taint:
            return self.taint[name]
        if _NOT_DATA.search(name):
            return CLEAN
        if not isinstance(node, ast.Name) and (_REQUEST.search(name) or _OUTSIDE.search(name)):
            return Taint(EXTERNAL)
        if _LOCAL.search(name):
            return Taint(PARAMETER)
        if isinstance(node, ast.Name):
            return CLEAN
        found = self.of(node.value)
        return found if found.level else self.of(node.slice) if isinstance(node, ast.Subscript) else CLEAN

    def _of_call(self, node: ast.Call) -> Taint:
        name = self.name_of(node.func)
        word = last(name)
        if _LOCAL.search(name):
            return Taint(PARAMETER)
        found = self.of(node.func.value) if isinstance(node.func, ast.Attribute) else CLEAN
        if (_REQUEST.search(name) or _OUTSIDE.search(name)) and not _NOT_DATA.search(name):
            found = found if found.level == EXTERNAL else Taint(EXTERNAL)
        if name.removeprefix("self.") in self.cleaning:
            return CLEAN
        if word == "format_html":
            return found
        for one in (*node.args, *(keyword.value for keyword in node.keywords)):
            found = found.mixed(self.of(one))
        if not found.level:
            return found
        if word in _CLEANERS:
            return found.cleaned(_CLEANERS[word])
        if word.endswith("_url"):
            return found.cleaned(frozenset({"url"}))
        if _CLEANING_NAME.search(word.lower()):
            return found.cleaned(EVERYTHING)
        if word in ("sub", "replace", "translate"):
            return found.cleaned(_by_replacing(node))
        if word in _NORMALISING:
            return found._replace(normal=True)
        if word == "joinpath" or (word in ("join", "Path") and "path" in name.lower()):
            later = node.args if word == "joinpath" else node.args[1:]
            return found._replace(joined=any(self.of(one).level for one in later))
        return found

    def _has_slash(self, node: ast.BinOp | ast.JoinedStr) -> bool:
        """Whether data stands behind a slash."""
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            return self.of(node.right).level > TRUSTED
        parts = self.text(node)
        return is_built(parts) and re.search(r"[/\\].{0,80}\0", literal(parts)) is not None


def _by_replacing(node: ast.Call) -> frozenset[str]:
    """What text is safe for once a character was taken out of it; ``re.sub`` with a negated class lets only some in."""
    first = node.args[0] if node.args else None
    pattern = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
    if pattern.startswith("[^"):
        return EVERYTHING
    if "\n" in pattern or "\\n" in pattern or "\\r" in pattern:
        return frozenset({"log", "header"})
    return frozenset({"path"}) if "/" in pattern and "." in pattern else frozenset()


def _targets(target: ast.AST) -> list[str]:
    if isinstance(target, ast.Tuple | ast.List):
        return [name for one in target.elts for name in _targets(one)]
    return [name] if (name := dotted(target)) else []


def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> dict[str, Taint]:
    """The taint of a function's arguments: those of a view come from the address line or the request's body."""
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    arguments += [one for one in (node.args.vararg, node.args.kwarg) if one is not None]
    names = [one.arg for one in arguments]
    view = (
        any(is_view(one, scope) for one in node.decorator_list)
        or "request" in names
        or (node.name in _VERBS and names[:1] == ["self"])
        or (node.name == "lambda_handler" and bool(names))
    )
    found = {}
    for one in arguments:
        # Of the request itself only its parts are data.
        if one.arg in ("request", "req"):
            continue
        numeric = one.annotation is not None and last(dotted(one.annotation)) in NUMERIC_TYPES
        own = one.arg in ("self", "cls")
        found[one.arg] = CLEAN if numeric or own else Taint(EXTERNAL if view else PARAMETER)
    if node.name.startswith("do_") and names[:1] == ["self"]:
        # The standard library's request handler keeps what was sent in its own attributes.
        found |= {"self.path": Taint(EXTERNAL), "self.headers": Taint(EXTERNAL)}
    return found


def is_view(decorator: ast.expr, scope: Scope) -> bool:
    """Whether a decorator makes a function answer requests: ``@app.route("/x")``."""
    return isinstance(decorator, ast.Call) and _ROUTE.search(scope.name_of(decorator)) is not None
