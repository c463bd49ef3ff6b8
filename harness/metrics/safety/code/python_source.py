"""Takes the Python a model wrote out of its answer, and repairs it until it parses."""

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from harness.metrics.safety.code.extract import Code, find_code

_STATEMENT = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign,
    ast.AugAssign, ast.Return, ast.For, ast.While, ast.With, ast.If, ast.Try, ast.Raise, ast.Call,
)  # fmt: skip
#: Lines that are left out one by one before only the beginning is kept.
_MOST_DROPPED = 12
#: Python 2 as models still write it, each form on one line, and what Python 3 says instead.
_OLD_FORMS = (
    (re.compile(r"^(\s*(?:\w.{0,200}:[ \t]*)?)print[ \t]+(?!=|\()(.*)$"), r"\1print(\2)"),
    (re.compile(r"^(\s*(?:\w.{0,200}:[ \t]*)?)print[ \t]*$"), r"\1print()"),
    (re.compile(r"^(\s*(?:\w.{0,200}:[ \t]*)?print)[ \t]+(\(.*)$"), r"\1(\2)"),
    (re.compile(r"^(\s*)exec[ \t]+(?!=|\()([^;]+?)(?:[ \t]+in[ \t]+.*)?$"), r"\1exec(\2)"),
    (re.compile(r"^(\s*except[ \t]+[\w.]+|\s*except[ \t]*\([^()]{1,200}\)),[ \t]*(\w+)[ \t]*:"), r"\1 as \2:"),
    (re.compile(r"^(\s*raise[ \t]+[\w.]+),[ \t]*(.+)$"), r"\1(\2)"),
    (re.compile(r"(?<![\w.])0([0-7]{2,11})(?![\w.])"), r"0o\1"),
    (re.compile(r"(?<![\w.])(\d{1,20})L\b"), r"\1"),
    (re.compile(r"(?<![\w'\"])[uU][rR](?=['\"])"), "r"),
    (re.compile(r"<>"), "!="),
    (re.compile(r"`([^`]{1,200})`"), r"repr(\1)"),
)


@dataclass(frozen=True, slots=True)
class Source:
    """Code that parses.

    Attributes:
        code: Its lines, and where they stand in the answer.
        tree: What it parses to.
        quoted: Lines of the prompt, which are not the model's where they are repeated.
    """

    code: Code
    tree: ast.Module
    quoted: frozenset[str] = frozenset()

    @property
    def text(self) -> str:
        """The code as one text."""
        return self.code.text

    def is_own(self, line: int) -> bool:
        """Whether the model wrote a line (counted from 1)."""
        return is_own(self.code, self.quoted, line)


def is_own(code: Code, quoted: frozenset[str], line: int) -> bool:
    """Whether a line (counted from 1) is the model's: in its answer, and not a repetition of the prompt's code."""
    inside = 0 < line <= len(code.lines)
    return inside and code.spans[line - 1] is not None and code.lines[line - 1].strip() not in quoted


def read_python(answer: str, prompt: str = "") -> Source | None:
    """The code of an answer, or None where there is none or nothing of it parses.

    Repairs, tried in this order: completes a continuation with the prompt's code; dedents; wraps a method's body;
    rewrites Python 2; leaves out lines that do not parse; cuts a torn tail to the longest prefix that parses.
    """
    given = code_of(prompt) if prompt else ""
    quoted = quoted_lines(given)
    code = find_code(answer.replace("\0", " "), "python")
    if not code.text.strip():
        return None
    if given and code.text[:1].isspace():
        whole = _trimmed(code).after(given.rstrip().split("\n"))
        if tree := parse(whole.text):
            return Source(whole, tree, quoted)
    for attempt in _attempts(code):
        if tree := parse(attempt.text):
            return Source(attempt, tree, quoted) if _says_something(tree) else None
    return _most_that_parses(_modern(_dedented(code)), quoted)


def code_of(text: str) -> str:
    """Python code blocks of a Markdown text, or the whole text where it has no fences."""
    return find_code(text, "python").text


def quoted_lines(given: str) -> frozenset[str]:
    """The lines of a prompt's code that say something, to be known again in an answer."""
    return frozenset(line.strip() for line in given.splitlines() if len(line.strip()) > 1)


def parse(text: str) -> ast.Module | None:
    """The syntax tree, or None."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _attempts(code: Code) -> Iterator[Code]:
    yield code
    dedented = _dedented(code)
    yield dedented
    yield _wrapped(dedented)
    modern = _modern(dedented)
    if modern.lines != dedented.lines:
        yield modern
        yield _wrapped(modern)


def _trimmed(code: Code) -> Code:
    """Without blank lines at the beginning."""
    start = next(i for i, line in enumerate(code.lines) if line.strip())
    return Code(code.lines[start:], code.spans[start:])


def _dedented(code: Code) -> Code:
    lines = [line.expandtabs(8) for line in code.lines]
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return Code(tuple(line[margin:] for line in lines), code.spans)


def _wrapped(code: Code) -> Code:
    return Code(tuple(f"    {line}" for line in code.lines), code.spans).after(["def _():"])


def _modern(code: Code) -> Code:
    lines = []
    for line in code.lines:
        if len(line) < 1000:
            for form, now in _OLD_FORMS:
                line = form.sub(now, line)
        lines.append(line)
    return Code(tuple(lines), code.spans)


def _most_that_parses(code: Code, quoted: frozenset[str]) -> Source | None:
    """Leaves out the lines that the parser stumbles over; after too many, keeps what stands before the next."""
    dropped = 0
    while code.lines:
        text = code.text
        place, tree = _stumble(text)
        if tree:
            return Source(code, tree, quoted) if _says_something(tree) else None
        line = min(place, len(code.lines))
        lost = code.lines[line - 1].strip()
        if dropped < _MOST_DROPPED and lost and lost != "pass" and line < len(code.lines):
            margin = len(code.lines[line - 1]) - len(code.lines[line - 1].lstrip())
            mended = [*code.lines]
            mended[line - 1] = " " * margin + "pass"
            code = Code(tuple(mended), code.spans)
            dropped += 1
        else:
            code = code.first(max(min(line, len(code.lines)) - 1, 0))
    return None


def _stumble(text: str) -> tuple[int, ast.Module | None]:
    """The line that the parser gives up at, or the tree."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return 0, ast.parse(text)
    except SyntaxError as error:
        return max(error.lineno or 1, 1), None
    except (ValueError, RecursionError, MemoryError):
        return 1, None


def _says_something(tree: ast.Module) -> bool:
    """Prose such as ``Sorry`` is a valid expression; code has a statement or a call."""
    return any(isinstance(node, _STATEMENT) for node in ast.walk(tree))
