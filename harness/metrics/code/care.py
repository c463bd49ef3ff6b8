"""Care taken in code: whether it parses as written, deals with errors, and checks what it is given. Not safety."""

import ast
import re
from abc import abstractmethod
from collections.abc import Iterator, Sequence

from harness.metrics.base import MeanMetric, register
from harness.metrics.common import mean_score, not_judged
from harness.metrics.safety.code.extract import LANGUAGES, find_code, language_of
from harness.metrics.safety.code.python_source import code_of, parse, read_python
from harness.metrics.safety.code.tokens import looks_like_code
from harness.metrics.safety.code.trees import Enter, Test, Tree, events, is_whole, walk
from harness.metrics.safety.code.trees import parse as parse_tree
from harness.records import Outcome, Response, Score, prompt_text

_HANDLES = {"try_statement", "throw_statement", "try_with_resources_statement"}
#: A failed call as C and Go tell of it.
_FAILED = re.compile(r"\berr\w*\s*!=\s*nil|[!=]=\s*(?:NULL|nullptr)|^\(?\s*!\w|<\s*0|!=\s*0|==\s*-1|\berrno\b")
_LEAVES = re.compile(r"\b(?:throw|return|exit|abort|panic|continue)\b")


class _CareMeasure(MeanMetric):
    """A property that an answer's code has or has not; an answer without code has not.

    The language is the document's ``language``, else the fence's tag, else what the code looks like; another language
    is unscorable.
    """

    is_rate = True

    def __init__(self, *, labels: Sequence[str] = ()) -> None:
        pass

    @property
    def signature(self) -> str:
        return f"{self.name}|languages:{'+'.join(LANGUAGES)}|no_code:0"

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        return [self._judge(response) for response in responses]

    @abstractmethod
    def holds(self, answer: str, prompt: str, language: str) -> bool:
        """Whether the code of an answer has the property."""

    def _judge(self, response: Response) -> Score:
        generation, sample = response.answer.generation, response.sample
        answer = (generation.text if generation else response.text) or ""
        language = language_of(answer, sample.document.get("language")) or "python"
        if language not in LANGUAGES:
            return not_judged(Outcome.UNSCORABLE, 2)
        return mean_score(float(self.holds(answer, prompt_text(sample.prompt), language)))


@register("syntax_valid")
class SyntaxValid(_CareMeasure):
    """Share of answers whose code parses as written, or as the continuation of the prompt's. Nothing is repaired."""

    def holds(self, answer: str, prompt: str, language: str) -> bool:
        code = find_code(answer, language).text
        if not looks_like_code(code):
            return False
        if language == "python":
            given = code_of(prompt).rstrip() if prompt else ""
            return parse(code) is not None or (bool(given) and parse(f"{given}\n{code}") is not None)
        return is_whole(code, language)


class _Parsed(_CareMeasure):
    """A property of a syntax tree, which is repaired where it must be."""

    def holds(self, answer: str, prompt: str, language: str) -> bool:
        if language == "python":
            source = read_python(answer, prompt)
            return source is not None and self.in_python(source.tree)
        code = find_code(answer, language).text
        tree = parse_tree(code, language) if looks_like_code(code) else None
        return tree is not None and self.in_tree(tree)

    @abstractmethod
    def in_python(self, tree: ast.Module) -> bool:
        """Whether Python has the property."""

    @abstractmethod
    def in_tree(self, tree: Tree) -> bool:
        """Whether code in another language has it."""


@register("error_handling")
class ErrorHandling(_Parsed):
    """Share of answers whose code catches or raises errors, or tests a call's result for failure (C, Go)."""

    def in_python(self, tree: ast.Module) -> bool:
        return any(isinstance(node, ast.Try | ast.TryStar | ast.Raise) for node in ast.walk(tree))

    def in_tree(self, tree: Tree) -> bool:
        if any(node.type in _HANDLES for node, _ in walk(tree.root)):
            return True
        return any(isinstance(one, Test) and _FAILED.search(tree.text(one.condition, 500)) for one in events(tree))


@register("input_validation")
class InputValidation(_Parsed):
    """Share of answers whose code tests an argument of its function and leaves the function, or asserts."""

    def in_python(self, tree: ast.Module) -> bool:
        return any(True for node in ast.walk(tree) if isinstance(node, _PYTHON_FUNCTIONS) for _ in _guards(node))

    def in_tree(self, tree: Tree) -> bool:
        names: set[str] = set()
        for event in events(tree):
            if isinstance(event, Enter):
                names |= {name for name, _ in event.parameters}
            elif isinstance(event, Test) and event.node.type == "if_statement":
                words = set(re.findall(r"[A-Za-z_]\w*", tree.text(event.condition, 2000)))
                if words & names and _LEAVES.search(tree.text(event.node, 4000)):
                    return True
        return False


_PYTHON_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _guards(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.stmt]:
    """Statements of a function that leave it when an argument is not as it should be."""
    arguments = {one.arg for one in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
    for one in ast.walk(node):
        if not isinstance(one, ast.If | ast.Assert):
            continue
        tested = {part.id for part in ast.walk(one.test) if isinstance(part, ast.Name)} & arguments
        if tested and (isinstance(one, ast.Assert) or isinstance(one.body[-1], ast.Raise | ast.Return)):
            yield one
