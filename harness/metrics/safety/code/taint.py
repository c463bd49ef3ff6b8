"""Which names of a function carry data from outside: a request, input, arguments of the process, or parameters."""

import ast
from dataclasses import dataclass, field

EXTERNAL, PARAMETER = 2, 1
_REQUEST = {"request", "req", "flask.request", "self.request"}
_SOURCES = {"input", "raw_input", "sys.argv", "sys.stdin", "sys.stdin.read", "sys.stdin.readline", "os.getenv"}
#: Calls whose result no longer injects: numbers, escaped text, bare file names, quoted words.
_CLEANERS = {
    "int", "float", "bool", "len", "escape", "html.escape", "markupsafe.escape", "cgi.escape", "bleach.clean",
    "secure_filename", "werkzeug.utils.secure_filename", "os.path.basename", "shlex.quote", "quote", "quote_plus",
    "urllib.parse.quote", "re.escape", "hash", "uuid.UUID", "safe_join", "escape_filter_chars", "jsonify",
    "json.dumps", "escape_rdn", "ldap.filter.escape_filter_chars", "ldap.dn.escape_dn_chars",
}  # fmt: skip


def dotted(node: ast.AST) -> str:
    """``a.b.c`` of a name or attribute chain; calls and subscripts on the way are looked through."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else node.attr
    if isinstance(node, ast.Call):
        return dotted(node.func)
    if isinstance(node, ast.Subscript):
        return dotted(node.value)
    return ""


@dataclass
class Scope:
    """Names of one function and how tainted they are, and the names that hold strings built from parts."""

    taint: dict[str, int] = field(default_factory=dict)
    built: set[str] = field(default_factory=set)

    def level(self, node: ast.AST) -> int:
        """How tainted an expression is: 0, ``PARAMETER`` or ``EXTERNAL``."""
        if isinstance(node, ast.Name):
            return EXTERNAL if node.id in _REQUEST else self.taint.get(node.id, 0)
        if isinstance(node, ast.Call):
            name = dotted(node.func)
            if name in _CLEANERS:
                return 0
            if name in _SOURCES or name.split(".")[0] in _REQUEST:
                return EXTERNAL
            inner = [node.func.value] if isinstance(node.func, ast.Attribute) else []
            return max((self.level(one) for one in (*inner, *node.args, *(k.value for k in node.keywords))), default=0)
        if isinstance(node, ast.Attribute | ast.Subscript) and dotted(node) in _SOURCES:
            return EXTERNAL
        return max((self.level(child) for child in ast.iter_child_nodes(node)), default=0)

    def is_built(self, node: ast.AST) -> bool:
        """Whether an expression is a string put together from parts that are not all literal."""
        if isinstance(node, ast.Name):
            return node.id in self.built
        if isinstance(node, ast.JoinedStr):
            return any(isinstance(part, ast.FormattedValue) for part in node.values)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
            parts = (node.left, node.right)
            text = any(isinstance(p, ast.JoinedStr) or _is_text(p) or self.is_built(p) for p in parts)
            return text and not all(_is_literal(part) for part in parts)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "format":
                return bool(node.args or node.keywords)
            return node.func.attr in ("strip", "encode") and self.is_built(node.func.value)
        return False

    def assign(self, target: ast.AST, value: ast.AST) -> None:
        """Take note of an assignment."""
        level, built = self.level(value), self.is_built(value)
        for name in (node.id for node in ast.walk(target) if isinstance(node, ast.Name)):
            self.taint[name] = max(level, self.taint.get(name, 0)) if isinstance(target, ast.Subscript) else level
            (self.built.add if built else self.built.discard)(name)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_literal(node: ast.AST) -> bool:
    if isinstance(node, ast.BinOp):
        return _is_literal(node.left) and _is_literal(node.right)
    return isinstance(node, ast.Constant)
