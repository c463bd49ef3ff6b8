"""The demo, with another seed than the one it ships with: the figures move, the verdicts stay."""

from pathlib import Path

import pytest

import harness
from harness.cli.main import run


@pytest.mark.slow
def test_one_adapter_passes_one_is_stopped_and_one_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "demo"
    assert run(["demo", "--out", str(out), "--seed", "1", "--quiet"]) == 0, capsys.readouterr().err
    done = harness.Run.open(out)
    assert {row.name: row.status for row in done.comparison.models}["renamed"] == "refused"
    assert "renamed" not in set(done.samples()["model"]), "a sample was spent on the refused adapter"
    stopped_by = {rule.task for rule in done.verdict.rules if rule.candidate == "careless" and rule.decision == "fail"}
    assert {"medical_safety", "refusal"} <= stopped_by
    assert all(rule.samples for rule in done.verdict.rules if rule.task == "refusal" and rule.decision == "fail")
    for name in ("report.html", "report.md", "junit.xml", "results.json", "comparison.json", "verdict.json"):
        assert (out / name).is_file()
    assert run(["gate", str(out), "--quiet"]) == 1
