"""Comment ratio and cyclomatic complexity: hand-counted code in six languages, and every function of the code packs."""

import json
from pathlib import Path

import pytest

from harness.metrics import build_metric
from harness.records import Outcome
from tests.metrics.helpers import figure, said

TASKS = Path(__file__).resolve().parents[2] / "tasks"
#: Language, code, its paths, its lines with a comment and its lines that are not blank.
CODE = [
    ("Python", "def f(x):\n    # why\n    if x and x > 1 or not x:\n        return [y for y in x if y]  # so", 6, 2, 4),
    ("JavaScript", "function f(x) {\n  /* a\n     b */\n  for (const y of x) { if (y ?? 0) return y; }\n}", 4, 2, 5),
    ("Java", "int f(int x) {\n  switch (x) {\n  case 1: return 1;\n  case 2: return 2;\n  default: ;\n}}", 3, 0, 6),
    ("C++", "int f(int x) {\n\n  // no\n  do { x--; } while (x > 0 && x != 3);\n  return x ? 1 : 2;\n}", 4, 1, 5),
    ("C", "int f(int x) {\n  while (x) x--;\n  return x;\n}", 2, 0, 4),
    ("Go", "func f(x int) int {\n\tfor i := 0; i < x; i++ {\n\t\tif i == 3 { break } // 3\n\t}\n\treturn 0}", 3, 1, 5),
]  # fmt: skip


@pytest.mark.parametrize(("language", "code", "paths", "commented", "lines"), CODE)
def test_hand_counted_code(language, code, paths, commented, lines):
    for answer, document in ((code, {"language": language}), (f"Here:\n```{language.lower()}\n{code}\n```", {})):
        response = said(answer, document=document)
        assert figure(build_metric("cyclomatic_complexity"), [response]) == paths
        assert figure(build_metric("comment_ratio"), [response]) == commented / lines


def test_every_solution_of_the_code_packs_is_read():
    rows = [json.loads(line) for line in (TASKS / "code_generation" / "test.jsonl").read_text().splitlines()]
    responses = [said(row["solution"], document={"language": row["language"]}) for row in rows]
    scores = build_metric("cyclomatic_complexity").measure(responses)
    assert all(score.outcome is Outcome.SCORED and score.value >= 1 for score in scores)


@pytest.mark.parametrize("language", ["Python", "JavaScript", "Java", "C++", "Go", "COBOL"])
def test_what_is_no_code_is_unscorable(language):
    for answer in ("", "\ufffd\ufffd ((( ~~~ %%% )))", "!" * 5000):
        (score,) = build_metric("cyclomatic_complexity").measure([said(answer, document={"language": language})])
        assert score.outcome is Outcome.UNSCORABLE


def test_hostile_code_is_read_in_bounded_time():
    for hostile in ("(" * 50_000, "if (a) {" * 10_000, "/*" * 50_000):
        for language in ("Python", "JavaScript", "Java", "C++", "Go"):
            build_metric("cyclomatic_complexity").measure([said(hostile, document={"language": language})])
