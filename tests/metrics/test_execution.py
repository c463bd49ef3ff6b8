"""Generated code against its tests: HumanEval's own solutions, planted bugs, other shapes of tasks, other languages."""

import ast
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.metrics import build_metric
from harness.records import InputError, Outcome, Response, Score, Unavailable
from harness.sandbox import level, levels, node
from harness.stats.pass_at_k import pass_at_k
from tests.metrics.helpers import figure, said, sums

pytestmark = pytest.mark.skipif(not level(), reason="nothing contains code on this machine")
HUMANEVAL = {"name": "functional_correctness", "tests": "test", "entry_point": "entry_point", "given": "prompt"}
#: Makes any answer a wrong one.
_SPOIL = """
def _spoil(x):
    if isinstance(x, bool): return not x
    if isinstance(x, (int, float)): return x + 1
    if isinstance(x, str): return x + "!"
    if isinstance(x, (list, tuple)): return x + type(x)([0])
    return 0 if x is None else None
"""


@pytest.fixture
def problems(shared: Path) -> list[dict[str, Any]]:
    path = shared / "data" / "openai_humaneval" / "test.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def measured(rows: list[dict[str, Any]], answer: Callable[[dict[str, Any]], str]) -> list[Score]:
    responses = [said(answer(row), key=row["task_id"], document=row) for row in rows]
    return build_metric(HUMANEVAL).measure(responses)


def bugged(row: dict[str, Any]) -> str:
    """The canonical solution with every result of its function spoiled."""
    tree = ast.parse(row["prompt"] + row["canonical_solution"])
    (function,) = (one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == row["entry_point"])
    function.name = "_right"
    arguments = ", ".join(one.arg for one in function.args.args)
    calls = f"def {row['entry_point']}({arguments}):\n    return _spoil(_right({arguments}))\n"
    return f"{_SPOIL}\n{ast.unparse(tree)}\n{calls}"


def test_every_canonical_solution_passes_as_a_body_and_as_a_whole(problems) -> None:
    bodies = measured(problems, lambda row: row["canonical_solution"])
    assert [score.value for score in bodies] == [1.0] * 164
    some = problems[::8]
    whole = measured(some, lambda row: f"Sure:\n```python\n{row['prompt']}{row['canonical_solution']}```\nDone.")
    assert [score.value for score in whole] == [1.0] * len(some)


def test_no_planted_bug_passes_and_no_stub_does(problems) -> None:
    spoiled = measured(problems, bugged)
    assert [score.value for score in spoiled] == [0.0] * len(spoiled)
    assert Counter(score.extracted for score in spoiled)["wrong"] >= 0.9 * len(spoiled)
    stubs = measured(problems, lambda row: "    return None\n")
    assert [score.value for score in stubs] == [0.0] * len(stubs)
    assert {score.extracted for score in stubs} == {"wrong"}
    assert all(score.findings[0].rule == "execution.wrong" for score in stubs)


def judged(text: str | None, **document: Any) -> Score:
    (score,) = build_metric("functional_correctness").measure([said(text, document=document)])
    return score


def test_a_list_of_assertions_is_a_test() -> None:
    tests = ["assert similar((1, 2), (2, 3)) == (2,)", "assert set(similar((1,), (1,))) == {1}"]
    right = "```python\ndef similar(a, b):\n    return tuple(set(a) & set(b))\n```"
    assert judged(right, tests=tests).value == 1.0
    assert judged(right.replace("&", "|"), tests=tests).extracted == "wrong"


def test_the_breakdown_counts_the_ways_to_fail() -> None:
    answers = ["def f(): return 1", "def f(): return 2", "def f(): return 3", "def f(): raise KeyError"]
    metric = build_metric("functional_correctness")
    scores = metric.measure([said(answer, document={"tests": "assert f() == 1"}) for answer in answers])
    counts = {"wrong": 2.0, "timeout": 0.0, "memory": 0.0, "forbidden": 0.0, "error": 1.0}
    assert metric.breakdown(sums(scores)) == counts
    assert metric.aggregate(sums(scores)) == 0.25


@pytest.mark.parametrize("text", ["", None, "I cannot write that.", "```python\n```", "def f(n):\n    return (n"])
def test_what_is_not_there_or_torn_fails(text: str | None) -> None:
    score = judged(text, tests="assert f(1) == 1")
    assert (score.outcome, score.value) == (Outcome.SCORED, 0.0)


def test_code_is_run_as_it_was_written() -> None:
    assert judged("def f(n):\n    print n\n    return n", tests="assert f(1) == 1").value == 0.0
    assert judged("  def f(n):\n      return n\n", tests="assert f(1) == 1").value == 1.0


def test_samples_without_tests_or_in_other_languages_are_errors_of_the_metric() -> None:
    for document in ({"tests": []}, {"tests": "assert f() == 1", "language": "Java"}):
        score = judged("def f(): return 1", **document)
        assert (score.outcome, score.value, score.statistics) == (Outcome.ERROR, None, (0.0,) * 7)
        assert score.extracted
    with pytest.raises(InputError, match="no field 'tests'"):
        judged("def f(): return 1")
    assert judged("def f(): return 1", tests="assert f() ==").outcome is Outcome.ERROR


@pytest.mark.skipif(not node(), reason="node is not installed")
@pytest.mark.parametrize(
    ("code", "extracted"),
    [
        ("```javascript\nfunction f(a) {\n  return a.map((n) => 2 * n);\n}\n```", "pass"),
        ("```js\nconst f = (a) => { a.push(1); return [2, 4]; };\n```", "wrong"),
        ("function f(a) { return a }", "wrong"),
        ("function f(a) { throw new Error('no') }", "error"),
        ("function f(a) { return require('fs').readFileSync('/etc/passwd', 'utf8') }", "forbidden"),
        ("function f(a) { return require('child_process').execSync('id') }", "forbidden"),
        ("function f(a) { return Buffer.alloc(3e9).length }", "memory"),
        ("function f(a) { process.exit(0) }", "error"),
        ("const f = (a) => new Proxy([], { get: () => () => true })", "error"),
        ("function g() {}", "error"),
    ],
)
def test_javascript_is_run_by_node_and_judged_by_the_same_assertions(code: str, extracted: str) -> None:
    tests = "given = [1, 2]\nassert f(given) == [2, 4]\nassert given == [1, 2]"
    assert judged(code, tests=tests, language="JavaScript").extracted == extracted


def test_javascript_without_node_is_no_fault_of_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.metrics.execution.functional.node", lambda: None)
    score = judged("function f() { return 1 }", tests="assert f() == 1", language="JavaScript")
    assert score.outcome is Outcome.ERROR


def test_nothing_is_measured_where_nothing_contains_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(levels, "level", lambda: ())
    with pytest.raises(Unavailable):
        judged("def f(): return 1", tests="assert f() == 1")


@pytest.mark.parametrize("options", [{"seconds": 0}, {"seconds": "1"}, {"memory": 1}, {"sandbox": "docker"}])
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        build_metric({"name": "functional_correctness", **options})


def test_working_code_with_a_weakness_does_not_pass_securely() -> None:
    answers = {
        "def f(text):\n    return int(text)": ("works, nothing found", 1.0),
        "def f(text):\n    return eval(text)": ("works, insecure", 0.0),
        "def f(text):\n    return 0": ("wrong", 0.0),
    }
    document = {"tests": "assert f('2') == 2"}
    metric = build_metric("secure_pass_rate")
    scores = metric.measure([said(answer, document=document) for answer in answers])
    assert [(score.extracted, score.value) for score in scores] == list(answers.values())
    assert scores[1].findings[0].cwe == "CWE-95"


def test_pass_at_k_of_repeated_answers_is_the_unbiased_estimate() -> None:
    document = {"tests": "assert f() == 1"}
    answers: list[Response] = [said(f"def f(): return {number}", document=document) for number in (1, 2, 1, 3)]
    assert figure(build_metric({"name": "pass_at_k", "k": 2}), answers) == pytest.approx(pass_at_k(4, 2, 2))
