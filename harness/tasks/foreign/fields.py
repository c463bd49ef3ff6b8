"""What one row gives: its question, target, choices and prefix, as ``ConfigurableTask.doc_to_*`` read them.

The rules are those of lm-evaluation-harness 0.4.13: a source that is a column's name gives the column; any other is a
template; what a template gives is read as a place where it is all digits and the task has choices, and as a list where
it looks like one.
"""

import ast
from collections.abc import Collection, Mapping
from typing import Any

from harness.records import InputError
from harness.tasks.foreign.config import LmEvalConfig
from harness.tasks.foreign.templates import render
from harness.tasks.foreign.trust import run_function
from harness.tasks.foreign.yaml_files import Function

Document = Mapping[str, Any]
#: Longest text that is read as a Python literal.
MAX_LITERAL = 100_000


class Fields:
    """Reads rows of one task.

    Args:
        columns: Names of the columns of the measured split.
    """

    def __init__(self, config: LmEvalConfig, columns: Collection[str]) -> None:
        self._config, self._columns = config, set(columns)

    def text(self, document: Document, where: str, source: Any = None) -> str | int:
        """The question, or the place of the right one among several (``doc_to_text``)."""
        source = self._config.doc_to_text if source is None else source
        value = self._value(source, document, where)
        if self._is_template(source) and value.isdigit() and self._config.doc_to_choice is not None:
            return int(_literal(value, where))
        return value

    def target(self, document: Document, where: str, source: Any = None) -> Any:
        """The answer, its place among the choices, or a list of either (``doc_to_target``)."""
        source = self._config.doc_to_target if source is None else source
        value = self._value(source, document, where)
        if not self._is_template(source):
            return value
        if value.isdigit() and self._config.doc_to_choice is not None:
            return _literal(value, where)
        if len(value) >= 2 and value[0] == "[" and value[-1] == "]":
            try:
                return _literal(value, where)
            except InputError:
                return value
        return value

    def choices(self, document: Document, where: str, source: Any = None) -> list[str]:
        """The choices (``doc_to_choice``).

        Raises:
            InputError: they are no list of texts.
        """
        source = self._config.doc_to_choice if source is None else source
        value = self._value(source, document, where)
        if self._is_template(source):
            value = _literal(value, where)
        if isinstance(value, dict):
            value = list(value.values())
        if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
            raise InputError(f"doc_to_choice gives no list of texts ({value!r:.60})", where=where)
        return value

    def prefix(self, document: Document, where: str, source: str | None) -> str | None:
        """What the answer starts with (``gen_prefix``)."""
        return None if source is None else str(self._value(source, document, where))

    def description(self, document: Document, where: str) -> str:
        """What stands before everything else."""
        source = self._config.description
        if not source:
            return ""
        return str(document[source]) if source in document else render(source, document, where=where)

    def _is_template(self, source: Any) -> bool:
        return isinstance(source, str) and source not in self._columns

    def _value(self, source: Any, document: Document, where: str) -> Any:
        if isinstance(source, Function):
            return run_function(source, dict(document), where=where)
        if self._is_template(source):
            return render(source, document, where=where)
        if isinstance(source, str):
            if source not in document:
                raise InputError(f"the row lacks the column {source!r}", where=where)
            return document[source]
        return source


def _literal(text: str, where: str) -> Any:
    try:
        if len(text) > MAX_LITERAL:
            raise ValueError("too long")
        return ast.literal_eval(text)
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError) as error:
        reason = str(error).split("\n")[0]
        raise InputError(f"{text!r:.60} is no list or number ({reason})", where=where) from None
