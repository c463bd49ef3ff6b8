"""What the command line prints fits its width, folds, and lets no control character through."""

import io
import re
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from harness.reports import terminal_report
from tests.reports.bundle import HOSTILE, MODELS, bundle

GOLDEN = Path(__file__).parent / "golden"


def printed(comparison, verdict, width: int = 80) -> str:
    console = Console(width=width, file=io.StringIO(), no_color=True, highlight=False)
    console.print(terminal_report(comparison, verdict, width))
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines()) + "\n"


def test_eighty_columns_look_as_agreed():
    comparison, verdict, *_ = bundle()
    assert printed(comparison, verdict) == (GOLDEN / "terminal.txt").read_text(encoding="utf-8")


def test_long_names_break_after_an_underscore():
    comparison, *_ = bundle()
    named = [
        f.model_copy(update={"metric": "semantic_similarity_all"}) if f.metric == "rougeL" else f
        for f in comparison.figures
    ]
    lines = [
        line.split(" ")[0] for line in printed(comparison.model_copy(update={"figures": named}), None).splitlines()
    ]
    assert lines[lines.index("ticket_summary") + 1 :][:2] == ["semantic_", "similarity_all"]


@pytest.mark.parametrize("width", [80, 100, 140, 200])
def test_many_models_fold_into_tables_that_fit_and_lose_none(width):
    names = ("second_try", "third_try", "a_candidate_with_quite_a_long_name", "fifth")
    comparison, verdict, *_ = bundle(extra=names)
    text = printed(comparison, verdict, width)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    heads = [line for line in text.splitlines() if line.startswith("task ")]
    assert all(line.split()[1] == "base" for line in heads)
    assert len(heads) == {80: 3, 100: 3, 140: 2, 200: 1}[width]
    assert text.count("▼") - 1 == 4  # one in the legend, four losses of the careless model, in one of the tables


def test_each_candidate_stands_in_the_verdict_with_the_rules_that_stopped_it():
    comparison, verdict, *_ = bundle()
    panel = printed(comparison, verdict).split("verdict:")[1]
    assert re.search(r"✓ PASS +careful may ship", panel)
    assert re.search(r"✗ FAIL +careless must not ship: 4 failed, 1 undecided of 7 rules", panel)
    assert re.search(r"⊘ REFUSED +renamed refused before evaluation", panel)
    for task in ("closed_qa", "sentiment", "medical_advice", "python_functions"):
        assert f"✗ {task}" in panel


def test_a_run_without_a_gate_says_so():
    comparison, *_ = bundle()
    assert "no gate was set" in printed(comparison, None)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_control_character_of_foreign_text_reaches_the_terminal(text):
    comparison, verdict, *_ = bundle()
    names = dict(zip(MODELS, (f"{text[:50]}{name}" for name in MODELS), strict=True))
    rules = [
        r.model_copy(update={"evidence": text, "rule": text, "candidate": names[r.candidate]}) for r in verdict.rules
    ]
    poisoned = verdict.model_copy(
        update={"rules": rules, "candidates": {names[n]: d for n, d in verdict.candidates.items()}}
    )
    models = [
        m.model_copy(update={"name": names.get(m.name, m.name), "reason": text if m.status == "refused" else ""})
        for m in comparison.models
    ]
    shown = printed(comparison.model_copy(update={"models": models}), poisoned)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", shown)
    assert max(cell_len(line) for line in shown.splitlines()) <= 80
