"""Templates of lm-evaluation-harness: its Jinja2 environment (`lm_eval.utils.env`), in the house's sandbox.

A template sees the fields of a row by name, keeps a newline at its end, and has the filter ``regex_replace``.
"""

from collections.abc import Mapping
from typing import Any

from harness.metrics.patterns import compile_pattern, substitute
from harness.tasks import templates


def _regex_replace(string: str, pattern: str, repl: str, count: int = 0) -> str:
    return substitute(compile_pattern(pattern), repl, string, count)


_ENVIRONMENT = templates.BoundedEnvironment(keep_trailing_newline=True)
_ENVIRONMENT.filters["regex_replace"] = _regex_replace


def check_template(source: str) -> None:
    """Compile a template.

    Raises:
        jinja2.TemplateSyntaxError: it does not parse, or uses a filter that is unknown.
    """
    templates.check_template(source, _ENVIRONMENT)


def render(source: str, document: Mapping[str, Any], *, where: str) -> str:
    """The template filled from a row.

    Raises:
        InputError: the row lacks a field, or the template fails on it.
    """
    return templates.render(source, document, where=where, environment=_ENVIRONMENT)
