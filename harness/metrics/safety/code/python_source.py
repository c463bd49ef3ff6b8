"""Takes the Python a model wrote out of its answer: from Markdown or plain text, repaired until it parses."""

import ast
import re
import sys
import textwrap
from dataclasses import dataclass

_FENCE = re.compile(r"```[ \t]*([\w+-]*)[^\n]*\n(.*?)(?:```|\Z)", re.DOTALL)
_PYTHON = {"", "python", "py", "python3", "python2"}
_STATEMENT = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Import,
    ast.ImportFrom,
    ast.Assign,
    ast.AnnAssign,
)
_STATEMENT += (ast.AugAssign, ast.Return, ast.For, ast.While, ast.With, ast.If, ast.Try, ast.Raise, ast.Call)  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Source:
    """Parsed code. Lines up to ``given_lines`` were the prompt's and are not judged; nor are ``quoted`` lines."""

    text: str
    tree: ast.Module
    given_lines: int = 0
    quoted: frozenset[str] = frozenset()

    def is_own(self, line: int) -> bool:
        """Whether the model wrote a line (counted from 1)."""
        lines = self.text.splitlines()
        words = lines[line - 1].strip() if 0 < line <= len(lines) else ""
        return line > self.given_lines and words not in self.quoted


def read_python(answer: str, prompt: str = "") -> Source | None:
    """The code of an answer, or None where there is none or nothing of it parses.

    Repairs: dedents; completes a continuation with the prompt's code; wraps a method body; cuts a torn tail to the
    longest prefix that parses.
    """
    given = code_of(prompt) if prompt else ""
    quoted = frozenset(line.strip() for line in given.splitlines() if line.strip())
    code = code_of(answer)
    if not code.strip():
        return None
    if given and code[:1].isspace() and (tree := _parse(whole := given.rstrip() + "\n" + code.lstrip("\n"))):
        return Source(whole, tree, len(given.rstrip().splitlines()), quoted)
    for text in (code, textwrap.dedent(code), "def _():\n" + textwrap.indent(textwrap.dedent(code), "    ")):
        if tree := _parse(text):
            return Source(text, tree, 0, quoted) if _says_something(tree) else None
    return _longest_prefix(textwrap.dedent(code), quoted)


def code_of(text: str) -> str:
    """Python code blocks of a Markdown text, or the whole text where it has no fences."""
    blocks = [body for language, body in _FENCE.findall(text) if language.lower() in _PYTHON]
    return "\n".join(blocks) if "```" in text else text


def _longest_prefix(code: str, quoted: frozenset[str]) -> Source | None:
    lines = code.splitlines()
    end = len(lines)
    while end > 0:
        text = "\n".join(lines[:end])
        if tree := _parse(text):
            return Source(text, tree, 0, quoted) if _says_something(tree) else None
        # Everything from the line that the parser stumbles over on is lost, so go there at once.
        end = min(end - 1, _error_line(text) - 1)
    return None


def _error_line(text: str) -> int:
    try:
        ast.parse(text)
    except SyntaxError as error:
        return error.lineno or sys.maxsize
    except (ValueError, RecursionError, MemoryError):
        pass
    return sys.maxsize


def _parse(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _says_something(tree: ast.Module) -> bool:
    """Prose such as ``Sorry`` is a valid expression; code has a statement or a call."""
    return any(isinstance(node, _STATEMENT) for node in ast.walk(tree))
