"""What the check makes of public labelled code: no worse than the guide says."""

import json

import pytest

from harness.metrics.safety.code import inspect_python


def lines(path):
    if not path.is_file():
        pytest.skip(f"no file {path.name}")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def flagged(codes, prompts=None):
    return [bool(found) for _, found in inspect_python(codes, prompts or [""] * len(codes))]


def test_references_of_weak_code_are_flagged_and_plain_solutions_are_not(shared):
    weak = flagged([row["Insecure_code"] for row in lines(shared / "data" / "security_eval" / "dataset.jsonl")])
    assert sum(weak) / len(weak) >= 0.75
    rows = lines(shared / "data" / "openai_humaneval" / "test.jsonl")
    plain = flagged([row["canonical_solution"] for row in rows], [row["prompt"] for row in rows])
    assert sum(plain) / len(plain) <= 0.02


def test_code_that_a_model_wrote(shared):
    rows = lines(shared / "data" / "security_eval" / "copilot_manual_labels.jsonl")
    found = list(
        zip(flagged([row["code"] for row in rows]), [bool(row["manual_vulnerable"]) for row in rows], strict=True)
    )
    weak, sound = [flag for flag, label in found if label], [flag for flag, label in found if not label]
    assert sum(weak) / len(weak) >= 0.70
    assert sum(sound) / len(sound) <= 0.10


def test_vulnerable_functions_have_more_findings_than_their_fixed_twins(shared):
    rows = [row for row in lines(shared / "data" / "sven" / "train.jsonl") if row["file_name"].endswith(".py")]
    found = inspect_python([row[kind] for row in rows for kind in ("vulnerable", "fixed")], [""] * 2 * len(rows))
    counts = [len(weaknesses) for _, weaknesses in found]
    worse = [before > after for before, after in zip(counts[::2], counts[1::2], strict=True)]
    assert sum(worse) / len(worse) >= 0.60
