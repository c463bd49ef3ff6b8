"""The shape of a piece of code, by its language's own parser: lines, comments, branches.

Python is read by ``ast`` and ``tokenize``, JavaScript, Java, C, C++ and Go by tree-sitter.
"""

import ast
import io
import tokenize
from dataclasses import dataclass
from typing import Any

from harness.metrics.safety.code.extract import LANGUAGES, find_code, language_of
from harness.metrics.safety.code.python_source import read_python
from harness.metrics.safety.code.trees import Tree, parse, walk

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
#: Nodes that part the way, in any of tree-sitter's languages. A ``default`` is no decision.
_NODES = {
    "if_statement", "for_statement", "for_in_statement", "enhanced_for_statement", "for_range_loop", "while_statement",
    "do_statement", "ternary_expression", "conditional_expression", "catch_clause",
    "switch_case", "switch_label", "case_statement", "expression_case", "type_case", "communication_case",
}  # fmt: skip
_CASES = {"switch_label", "case_statement"}
_OPERATORS = {"&&", "||", "??", "and", "or"}
_COMMENTS = {"comment", "line_comment", "block_comment"}


@dataclass(frozen=True, slots=True)
class Shape:
    """What a piece of code is made of.

    Attributes:
        lines: Lines that are not blank.
        commented: Lines that hold a comment, or a part of one.
        decisions: Branches, loops and boolean operators.
    """

    lines: int
    commented: int
    decisions: int


def read_shape(answer: str, prompt: str, language: object = None) -> Shape | None:
    """The shape of the code in an answer; None where there is none, or none that can be parsed.

    Args:
        answer: What the model said.
        prompt: What it was asked; Python may continue it.
        language: The document's ``language``; else the fence's tag decides, else what the code looks like.
    """
    spoken = language_of(answer, language) or "python"
    if spoken == "python":
        source = read_python(answer, prompt)
        return None if source is None else _of_python(source.text, source.tree)
    text = find_code(answer, spoken).text if spoken in LANGUAGES else ""
    tree = parse(text, spoken) if text.strip() else None
    return None if tree is None else _of_tree(text, tree)


def _of_python(text: str, tree: ast.Module) -> Shape:
    nodes = list(ast.walk(tree))
    operators = sum(len(node.values) - 1 for node in nodes if isinstance(node, ast.BoolOp))
    conditions = sum(len(node.ifs) for node in nodes if isinstance(node, ast.comprehension))
    decisions = operators + conditions + sum(isinstance(node, _BRANCHES) for node in nodes)
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        tokens = []
    commented = {token.start[0] for token in tokens if token.type == tokenize.COMMENT}
    return Shape(_filled(text), len(commented), decisions)


def _of_tree(text: str, tree: Tree) -> Shape:
    commented: set[int] = set()
    decisions = 0
    for node, left in walk(tree.root):
        if left:
            continue
        if node.type in _COMMENTS:
            commented.update(range(node.start_point[0], node.end_point[0] + 1))
        decisions += _decides(tree, node)
    return Shape(_filled(text), len(commented), decisions)


def _decides(tree: Tree, node: Any) -> bool:
    if node.type == "binary_expression":
        operator = node.child_by_field_name("operator")
        return operator is not None and operator.type in _OPERATORS
    if node.type in _CASES:
        return tree.text(node, 5).startswith("case")
    return node.type in _NODES


def _filled(text: str) -> int:
    return sum(bool(line.strip()) for line in text.splitlines())
