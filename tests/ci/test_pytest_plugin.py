"""A suite's rules as tests, run by pytest itself in a folder of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.packs import word_rows, write_pack, write_suite

OWN_TEST = """
def test_own_assertion(harness_run):
    frame = harness_run.frame()
    means = frame[frame.metric == "exact_match"].groupby("model")["value"].mean()
    assert means["candidate"] > means["base"]
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    rows = word_rows(60)
    write_pack(folder, "words", rows)
    said = [
        {"model": model, "prompt": row["text"], "response": row["label"] if model == "candidate" or n % 2 else "?"}
        for model in ("base", "candidate")
        for n, row in enumerate(rows)
    ]
    (folder / "said.jsonl").write_text("".join(json.dumps(row) + "\n" for row in said))
    rules = [
        {"tasks": "words", "rule": "better", "than": "base", "margin": 0.1},
        {"tasks": "words", "rule": "at_most", "value": 0.5},
        {"tasks": "words", "rule": "at_least", "value": 0.999},
    ]
    engine = {"kind": "replay", "options": {"path": "said.jsonl"}}
    write_suite(folder, models={"base": {}, "candidate": {}}, engine=engine, gate=rules)
    (folder / "pytest.ini").write_text("[pytest]\n")
    return folder


def pytest_says(project: Path, *arguments: str) -> tuple[int, str]:
    # The run under test must not see the workers, options and coverage of the run that tests it.
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout + done.stderr


def test_rules_are_listed_without_evaluating_anything(project: Path) -> None:
    status, said = pytest_says(project, "--harness", "suite.yaml", "--collect-only", "-q")
    assert status == 0, said
    assert [line for line in said.splitlines() if "::" in line] == [
        "suite.yaml::candidate[words better than base]",
        "suite.yaml::candidate[words at_most 0.5]",
        "suite.yaml::candidate[words at_least 0.999]",
    ]
    assert not (project / "runs").exists()


def test_each_rule_is_a_test_with_its_evidence_and_own_tests_read_the_run(project: Path) -> None:
    (project / "test_own.py").write_text(OWN_TEST)
    status, said = pytest_says(project, "--harness", "suite.yaml", "-n", "2")
    assert status == 1
    assert "2 failed, 2 passed" in said, said
    assert "fail: candidate, words, exact_match: at_most 0.5" in said
    assert "inconclusive: candidate, words, exact_match: at_least 0.999" in said
    assert "Traceback" not in said
    assert (project / "runs" / "tests" / "report.html").is_file()


def test_a_policy_decides_in_the_suites_place(project: Path) -> None:
    (project / "policy.yaml").write_text("policy: p\nrules: [{tasks: words, rule: at_least, value: 0.5}]\n")
    status, said = pytest_says(project, "suite.yaml", "--harness", "suite.yaml", "--harness-policy", "policy.yaml")
    assert status == 0, said
    assert "1 passed" in said


def test_a_suite_that_is_wrong_is_one_line_not_a_traceback(project: Path) -> None:
    (project / "bad.yaml").write_text("suite: bad\nmodels: {base: {}}\ntaks: [words]\n")
    status, said = pytest_says(project, "--harness", "bad.yaml", "bad.yaml")
    assert status == 2
    assert "did you mean 'tasks'" in said
    assert "Traceback" not in said
