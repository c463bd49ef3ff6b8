"""Hostile text: the check comes to an end, in every language. A quadratic rule would hang here for minutes."""

import pytest

from harness.metrics.safety.code import inspect_code

_SIZE = 100_000
HOSTILE = {
    "brackets": "x = " + "[" * _SIZE,
    "braces": "{" * _SIZE,
    "fences": "```\n" * (_SIZE // 4),
    "tabs": "\t" * _SIZE + "x",
    "a chain of calls": "a" + ".b()" * (_SIZE // 4),
    "calls in calls": "f(" * (_SIZE // 3) + ")" * (_SIZE // 3),
    "functions in functions": "function f(a){" * (_SIZE // 20) + "}" * (_SIZE // 20),
    "a long sum": "x = " + "a+" * (_SIZE // 2) + "1",
    "text that doubles": "x='a'+y\n" + "x=x+x\n" * 2000,
    "lines that do not parse": "def f(:\n" * (_SIZE // 8),
    "old Python": "print x\n" * 2000,
    "comments": "/*" * (_SIZE // 2),
    "a slow pattern": "import re\nre.compile('" + "(a+)+" * 180 + "')\n",
    "beginnings of queries": "q('SELECT a FROM b WHERE c='+d);\n" * 1000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_comes_to_an_end(name):
    for language in ("python", "javascript", "c"):
        (seen,) = inspect_code([HOSTILE[name]], [""], [language])
        assert all(seen.span(one) is not None for one in seen.found)
