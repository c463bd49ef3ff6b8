"""Plain measures of code, under honest names: they describe, and say nothing about right or safe."""

import ast
import io
import tokenize
from collections.abc import Sequence

from harness.metrics.base import MeanMetric, register
from harness.metrics.common import mean_score, not_judged
from harness.metrics.safety.code.python_source import read_python
from harness.records import Outcome, Response, Score, prompt_text

_BRANCHES = (
    ast.If,
    ast.IfExp,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.ExceptHandler,
    ast.Assert,
    ast.comprehension,
    ast.match_case,
)


class _CodeMeasure(MeanMetric):
    def __init__(self, *, labels: Sequence[str] = ()) -> None:
        pass

    @property
    def signature(self) -> str:
        return f"{self.name}|language:python|unparsable:unscorable"

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        scores = []
        for response in responses:
            generation = response.answer.generation
            text = (generation.text if generation else response.text) or ""
            source = read_python(text, prompt_text(response.sample.prompt))
            scores.append(
                not_judged(Outcome.UNSCORABLE, 2)
                if source is None
                else mean_score(self.value(source.text, source.tree))
            )
        return scores

    def value(self, text: str, tree: ast.Module) -> float:
        """The measure of one piece of code."""
        raise NotImplementedError


@register("comment_ratio")
class CommentRatio(_CodeMeasure):
    """Lines with a comment over lines that are not blank, averaged over answers; neither direction is better."""

    def value(self, text: str, tree: ast.Module) -> float:
        lines = sum(bool(line.strip()) for line in text.splitlines())
        try:
            tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
        except (tokenize.TokenError, SyntaxError):
            return 0.0
        return len({token.start[0] for token in tokens if token.type == tokenize.COMMENT}) / max(lines, 1)


@register("cyclomatic_complexity")
class CyclomaticComplexity(_CodeMeasure):
    """Independent paths (McCabe 1976): 1 and one more for each branch or boolean operator, averaged over answers."""

    greater_is_better = False

    def value(self, text: str, tree: ast.Module) -> float:
        nodes = list(ast.walk(tree))
        booleans = sum(len(node.values) - 1 for node in nodes if isinstance(node, ast.BoolOp))
        return 1.0 + booleans + sum(isinstance(node, _BRANCHES) for node in nodes)
