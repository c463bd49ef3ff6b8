"""What CI systems run: the GitHub action's own script with a real suite, and the forms that GitHub and GitLab read."""

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

from tests.packs import word_rows, write_pack, write_suite

ROOT = Path(__file__).parents[2]
ACTION = ROOT / ".github" / "actions" / "gate"
SAMPLES = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack, and predictions of a base that is right half of the time and a candidate that always is."""
    folder = tmp_path_factory.mktemp("release")
    rows = word_rows(SAMPLES)
    write_pack(folder, "words", rows)
    said = [
        {"model": model, "prompt": row["text"], "response": row["label"] if model == "candidate" or n % 2 else "?"}
        for model in ("base", "candidate")
        for n, row in enumerate(rows)
    ]
    (folder / "said.jsonl").write_text("".join(json.dumps(row) + "\n" for row in said))
    return folder


def gate(
    folder: Path, rule: dict[str, object], **inputs: str
) -> tuple[int, dict[str, str], subprocess.CompletedProcess]:
    """Run the action's script as the runner does; its exit status, its outputs, and what it printed."""
    engine = {"kind": "replay", "options": {"path": "said.jsonl"}}
    suite = write_suite(folder, models={"base": {}, "candidate": {}}, engine=engine, gate=[{"tasks": "words", **rule}])
    outputs, summary = folder / "outputs", folder / "summary.md"
    for path in (outputs, summary):
        path.write_text("")
    env = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "SUITE": str(suite),
        "OUT": str(folder / "run"), "CACHE": str(folder / "cache" / "answers.sqlite"), "GITHUB_ACTIONS": "true",
        "GITHUB_OUTPUT": str(outputs), "GITHUB_STEP_SUMMARY": str(summary), **inputs,
    }  # fmt: skip
    done = subprocess.run(["bash", ACTION / "gate.sh"], env=env, capture_output=True, text=True, timeout=200)
    said = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
    return done.returncode, said, done


def test_a_candidate_that_passes_ends_with_0_and_leaves_its_reports(folder: Path) -> None:
    status, outputs, _ = gate(folder, {"rule": "better", "than": "base", "margin": 0.1})
    assert (status, outputs) == (0, {"decision": "pass", "status": "0"})
    names = {path.name for path in (folder / "run").iterdir()}
    assert names >= {"report.html", "report.md", "junit.xml", "findings.sarif", "codequality.json", "verdict.json"}
    assert "may ship" in (folder / "summary.md").read_text()


def test_a_candidate_that_fails_is_annotated_and_ends_with_1(folder: Path) -> None:
    status, outputs, done = gate(folder, {"rule": "at_most", "value": 0.5})
    assert (status, outputs["decision"]) == (1, "fail")
    assert "::error title=candidate%3A words exact_match at_most" in done.stderr
    assert ET.parse(folder / "run" / "junit.xml").getroot().get("failures") == "1"
    (issue,) = json.loads((folder / "run" / "codequality.json").read_text())
    assert (issue["check_name"], issue["severity"]) == ("at_most", "critical")


@pytest.mark.parametrize(("inconclusive", "expected"), [("fail", 4), ("warn", 0)])
def test_evidence_that_does_not_suffice_fails_unless_asked_to_warn(
    folder: Path, inconclusive: str, expected: int
) -> None:
    rule = {"rule": "at_least", "value": 0.999}
    status, outputs, done = gate(folder, rule, INCONCLUSIVE=inconclusive)
    assert (status, outputs) == (expected, {"decision": "inconclusive", "status": "4"})
    assert "::warning title=candidate" in done.stderr


def test_a_policy_decides_in_the_suites_place_and_the_reports_show_it(folder: Path) -> None:
    policy = folder / "policy.yaml"
    policy.write_text(
        yaml.safe_dump({"policy": "release", "rules": [{"tasks": "words", "rule": "at_most", "value": 0.5}]})
    )
    status, outputs, _ = gate(folder, {"rule": "better", "than": "base"}, POLICY=str(policy))
    assert (status, outputs["decision"]) == (1, "fail")
    assert ET.parse(folder / "run" / "junit.xml").getroot().get("failures") == "1"


def test_wrong_input_is_no_verdict(folder: Path) -> None:
    status, outputs, done = gate(folder, {"rule": "at_most", "value": 0.5, "metric": "exact_mtch"})
    assert (status, outputs) == (2, {"decision": "", "status": "2"})
    assert "exact_match" in done.stderr


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ("vendor.github-actions", ".github/actions/gate/action.yml"),
        ("vendor.github-workflows", ".github/workflows/test.yml"),
        ("vendor.gitlab-ci", "docs/ci/gitlab.yml"),
    ],
)
def test_ci_files_keep_to_their_published_schemas(schema: str, path: str) -> None:
    command = [Path(sys.executable).parent / "check-jsonschema", "--builtin-schema", schema]
    transform = ["--data-transform", "gitlab-ci"] if "gitlab" in schema else []
    done = subprocess.run([*command, *transform, ROOT / path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
