"""A real pretrained model, an adapter trained on it by the command line, and five real data sets, to a report.

The model has 260 thousand parameters: scores near chance are what it can do, and are reported as such.
"""

import json
import math
from pathlib import Path

import pytest
import yaml

import harness
from harness.cli.main import run

TASKS = ["sms_spam", "pubmed_qa_question", "stsb", "truthfulqa", "wikitext2"]


@pytest.fixture
def world(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    model = str(shared / "models" / "tinystories-260k")
    lines = (shared / "data" / "sms_spam" / "SMSSpamCollection.tsv").read_text(encoding="utf-8").splitlines()[:300]
    rows = [{"prompt": f"Message: {text[:120]}\nspam or ham?", "response": label} for label, text in map(_cells, lines)]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    schedule = {"max_steps": 30, "learning_rate": 2e-3}
    recipe = {"adapter": "spam", "base": model, "data": "rows.jsonl", "schedule": schedule}
    suite = {
        "suite": "real",
        "base": model,
        "models": {"base": {}, "spam": {"adapter": "./out/spam"}},
        "engine": {"kind": "transformers", "device": "cpu"},
        "tasks": TASKS,
        "limit": 12,
        "gate": [{"tasks": "wikitext2", "rule": "no_worse", "than": "base", "margin": 1e9}],
    }
    for name, value in (("recipe", recipe), ("suite", suite)):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(value))
    monkeypatch.setenv("HARNESS_DATA", str(shared / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _cells(line: str) -> tuple[str, str]:
    label, _, text = line.partition("\t")
    return label, text


def test_real_models_and_real_data_go_through(world: Path) -> None:
    assert run(["train", "recipe.yaml", "--out", "out/spam", "--quiet"]) == 0
    assert run(["run", "suite.yaml", "--quiet"]) == 0
    done = harness.Run.open(world / "runs" / "real")
    figures = done.results.figures
    assert {figure.task for figure in figures} == set(TASKS)
    assert {figure.model for figure in figures} == {"base", "spam"}
    for figure in figures:
        assert figure.value is not None and math.isfinite(figure.value)
        assert figure.interval is not None and figure.interval.low <= figure.value <= figure.interval.high
        assert figure.samples + figure.unscorable == 12
    assert "wikitext2" in (done.folder / "report.html").read_text(encoding="utf-8")
    assert "wikitext2" in (done.folder / "report.md").read_text(encoding="utf-8")
