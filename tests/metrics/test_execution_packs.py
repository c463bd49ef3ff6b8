"""The code packs of this project, run: their solutions pass their own tests and their planted bugs do not."""

import json
from pathlib import Path

import pytest

from harness.metrics import build_metric
from harness.sandbox import level, node
from tests.metrics.helpers import said

pytestmark = pytest.mark.skipif(not level(), reason="nothing contains code on this machine")
TASKS = Path(__file__).resolve().parents[2] / "tasks"
RUN = {"Python", "JavaScript"} if node() else {"Python"}


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [("code_generation", "solution", 1.0), ("bug_fixing", "fixed", 1.0), ("bug_fixing", "buggy", 0.0)],
)
def test_what_a_pack_calls_right_and_wrong_is(name: str, field: str, value: float) -> None:
    lines = (TASKS / name / "test.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if row["language"] in RUN]
    assert len(rows) == 42 * len(RUN)
    scores = build_metric("functional_correctness").measure([said(row[field], document=row) for row in rows[::2]])
    assert {score.value for score in scores} == {value}
