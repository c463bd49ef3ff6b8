"""Jinja2 templates of task files, sandboxed: no attributes of Python objects, no randomness, a bound on the work.

A template sees the fields of one row by name, and the whole row as ``row`` (``row['Best Answer']``).
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, UndefinedError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment, SecurityError

from harness.records import InputError

#: Loop turns and macro calls that one rendering may take.
MAX_STEPS = 100_000
#: Longest text or list that ``*`` may make, and largest power.
MAX_REPEAT = 100_000
_TICK = "_harness_tick"
_KEEP = "_harness_keep"


class BoundedEnvironment(ImmutableSandboxedEnvironment):
    """Jinja2's immutable sandbox, without randomness, with bounded products."""

    intercepted_binops = frozenset(["*", "**"])

    def __init__(self, *, keep_trailing_newline: bool = False) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=keep_trailing_newline)
        del self.globals["lipsum"], self.filters["random"]

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" and (abs(left) > MAX_REPEAT or abs(right) > 64):
            raise SecurityError("this power is too large")
        for sized, count in ((left, right), (right, left)):
            if operator == "*" and hasattr(sized, "__len__") and len(sized) * count > MAX_REPEAT:
                raise SecurityError(f"'*' would make more than {MAX_REPEAT} items")
        return super().call_binop(context, operator, left, right)


_ENVIRONMENT = BoundedEnvironment()


def check_template(source: str, environment: BoundedEnvironment = _ENVIRONMENT) -> None:
    """Compile a template.

    Raises:
        jinja2.TemplateSyntaxError: it does not parse.
    """
    _compiled(source, environment=environment)


def render(source: str, row: Mapping[str, Any], *, where: str, environment: BoundedEnvironment = _ENVIRONMENT) -> str:
    """The template filled from a row.

    Args:
        where: The row's file and line, for errors.

    Raises:
        InputError: the row lacks a field, or the template fails on it.
    """
    return _guarded(lambda: _compiled(source, environment=environment).render(_scope(row)), row, where)


def render_list(source: str, row: Mapping[str, Any], *, where: str) -> list[str]:
    """The list that a template of the form ``{{ expression }}`` gives for a row, each item as text.

    Raises:
        InputError: the row lacks a field, or the expression is not a list.
    """
    value = evaluate(source, row, where=where)
    if not isinstance(value, list | tuple) or not value:
        raise InputError(f"{source!r} gives no list of answers", where=where, mend="it must be {{ a field or list }}")
    return [str(item) for item in value]


def evaluate(source: str, row: Mapping[str, Any], *, where: str) -> Any:
    """The value of a template that is a single ``{{ expression }}``, with its type; any other template's text.

    Raises:
        InputError: as `render`.
    """
    held: list[Any] = []

    def keep(value: Any) -> str:
        held.append(value)
        return ""

    template = _compiled(source, value_only=True)
    text = _guarded(lambda: template.render({**_scope(row), _KEEP: keep}), row, where)
    return held[0] if held else text


def fields(source: str) -> set[str]:
    """The names of the fields that a template reads."""
    return meta.find_undeclared_variables(_ENVIRONMENT.parse(source))


def _scope(row: Mapping[str, Any]) -> dict[str, Any]:
    steps = iter(range(MAX_STEPS))

    def tick() -> str:
        if next(steps, None) is None:
            raise SecurityError(f"the template takes more than {MAX_STEPS} steps")
        return ""

    return {"row": row, **row, _TICK: tick}


@lru_cache(maxsize=1024)
def _compiled(source: str, value_only: bool = False, environment: BoundedEnvironment = _ENVIRONMENT) -> Template:
    tree = environment.parse(source)
    for block in tree.find_all((nodes.For, nodes.Macro, nodes.CallBlock)):
        block.body.insert(0, nodes.Output([_call(_TICK)]))  # type: ignore[attr-defined]
    if value_only:
        _hand_out_value(tree)
    tree.set_lineno(1)
    tree.set_environment(environment)
    return environment.from_string(tree)


def _call(name: str, *arguments: nodes.Expr) -> nodes.Call:
    return nodes.Call(nodes.Name(name, "load"), list(arguments), [], None, None)


def _hand_out_value(tree: nodes.Template) -> None:
    only = tree.body[0] if len(tree.body) == 1 else None
    if isinstance(only, nodes.Output) and len(only.nodes) == 1 and not isinstance(only.nodes[0], nodes.TemplateData):
        only.nodes = [_call(_KEEP, only.nodes[0])]


def _guarded(work: Callable[[], str], row: Mapping[str, Any], where: str) -> str:
    try:
        return work()
    except UndefinedError as error:
        raise InputError(
            f"the row lacks what a template asks for: {error.message}",
            where=where,
            mend=f"its fields: {', '.join(map(str, row))}",
        ) from None
    except (
        TemplateError,
        ArithmeticError,
        TypeError,
        ValueError,
        LookupError,
        AttributeError,
        RecursionError,
    ) as error:
        raise InputError(f"a template fails on this row ({error})", where=where) from None
