"""Care taken in code, on pairs that differ in it alone."""

import pytest

from harness.metrics import build_metric
from harness.records import Outcome
from tests.metrics.helpers import said

PAIRS = [
    ("syntax_valid", "python", "def f(:\n    return 1", "def f():\n    return 1"),
    ("syntax_valid", "javascript", "function f( { return 1; }", "function f() { return 1; }"),
    ("syntax_valid", "java", "class A { int f( { return 1; } }", "class A { int f() { return 1; } }"),
    ("syntax_valid", "c", "int f(void) { return 1;", "int f(void) { return 1; }"),
    ("syntax_valid", "go", "package a\nfunc f( { }", "package a\n\nfunc f() {}\n"),
    ("error_handling", "python", "x = int(input())", "try:\n    x = int(input())\nexcept ValueError:\n    x = 0"),
    ("error_handling", "javascript", "const a = JSON.parse(b);", "try { a = JSON.parse(b); } catch (e) { a = null; }"),
    ("error_handling", "c", "void f(void) { g(); }", "void f(void) { char *p = malloc(4); if (p == NULL) return; }"),
    ("error_handling", "go", "package a\nfunc f() { g() }",
     "package a\nfunc f() error { if err := g(); err != nil { return err }\n return nil }"),
    ("input_validation", "python", "def f(a):\n    return 1 / a",
     "def f(a):\n    if a == 0:\n        raise ValueError(a)\n    return 1 / a"),
    ("input_validation", "python", "def f(a, b):\n    if b:\n        b = 1\n    return a",
     "def f(a):\n    assert a > 0\n    return a"),
    ("input_validation", "java", "class A { int f(int a) { return 1 / a; } }",
     "class A { int f(int a) { if (a == 0) throw new IllegalArgumentException(); return 1 / a; } }"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "language", "without", "with_it"), PAIRS)
def test_code_without_a_property_and_with_it(name, language, without, with_it):
    responses = [said(f"```{language}\n{code}\n```") for code in (without, with_it)]
    assert [score.value for score in build_metric(name).measure(responses)] == [0.0, 1.0]


@pytest.mark.parametrize("name", ["syntax_valid", "error_handling", "input_validation"])
def test_no_code_has_no_property_and_another_language_is_unscorable(name):
    answers = ["", "I would rather not.", "```rust\nfn main() {}\n```"]
    *none, rust = build_metric(name).measure(list(map(said, answers)))
    assert [score.value for score in none] == [0.0, 0.0]
    assert rust.outcome is Outcome.UNSCORABLE


def test_a_continuation_is_valid_with_its_prompt():
    (score,) = build_metric("syntax_valid").measure([said("    return a\n", prompt="def f(a):\n")])
    assert score.value == 1.0
