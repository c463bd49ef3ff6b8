"""The serving parity probe: what is served against transformers + PEFT, as a task that a gate rule can name."""

import json
from pathlib import Path
from typing import Any

import pytest

import harness
from harness.records import InputError
from tests.packs import word_rows, write_pack, write_suite

RULE = {"tasks": "serving_parity", "metric": "logprob_gap", "rule": "at_most", "value": 1e-3}


def served_with(folder: Path, adapter: Path, options: dict[str, Any], **suite: Any) -> harness.Run:
    write_pack(folder, "words", word_rows(12))
    engine = {"kind": "transformers", "device": "cpu", "options": options}
    path = write_suite(folder, {"tuned": adapter}, engine=engine, parity={"prompts": 12, "max_tokens": 8}, **suite)
    return harness.evaluate(path, folder / "run")


def gap(run: harness.Run, model: str) -> float:
    figures = harness.compare(run).figures
    return next(f.value for f in figures if f.model == model and f.metric == "logprob_gap" and f.value is not None)


@pytest.fixture(scope="module")
def adapter(make_adapter: Any) -> Path:
    return Path(make_adapter("tuned"))


def test_merged_weights_agree_with_the_adapter_and_pass_a_gate_rule(tmp_path: Path, adapter: Path) -> None:
    run = served_with(tmp_path, adapter, {"merge": True}, gate=[RULE])
    assert run.manifest["engine"]["merged"] is True
    assert gap(run, "base") < 1e-5 and gap(run, "tuned") < 1e-4
    assert harness.gate_run(run).decision == "pass"


def test_four_bit_weights_are_seen_to_differ_and_fail_the_rule(tmp_path: Path, adapter: Path) -> None:
    pytest.importorskip("bitsandbytes")
    run = served_with(tmp_path, adapter, {"quantization": "nf4"}, gate=[RULE])
    assert gap(run, "base") > 1e-2 and gap(run, "tuned") > 1e-2
    verdict = harness.gate_run(run)
    assert verdict.decision == "fail" and verdict.rules[0].task == "serving_parity"


def test_merging_into_a_four_bit_base_is_refused(tmp_path: Path, adapter: Path) -> None:
    with pytest.raises(InputError, match="not the adapter"):
        served_with(tmp_path, adapter, {"merge": True, "quantization": "nf4"})


def test_a_parity_rule_without_a_probe_is_refused_before_anything_is_asked(tmp_path: Path, adapter: Path) -> None:
    write_pack(tmp_path, "words", word_rows(2))
    with pytest.raises(InputError, match="no task matches 'serving_parity'"):
        harness.evaluate(write_suite(tmp_path, {"tuned": adapter}, gate=[RULE]), tmp_path / "run")


def test_predictions_of_two_models_are_replayed_and_compared(tmp_path: Path) -> None:
    rows = word_rows(8)
    write_pack(tmp_path, "words", rows)
    for name, right in (("careful", 8), ("sloppy", 3)):
        lines = [{"prompt": r["text"], "response": r["label"] if i < right else "?"} for i, r in enumerate(rows)]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, lines)))
    engine = {"kind": "replay", "options": {"path": "{model}.jsonl"}}
    models = {"careful": {}, "sloppy": {}}
    run = harness.evaluate(write_suite(tmp_path, models=models, engine=engine), tmp_path / "run")
    figures = {figure.model: figure.value for figure in harness.compare(run).figures}
    assert figures == {"careful": 1.0, "sloppy": 3 / 8}
    (tmp_path / "sloppy.jsonl").write_text((tmp_path / "careful.jsonl").read_text())
    run = harness.evaluate(tmp_path / "suite.yaml", tmp_path / "run")
    assert {figure.model: figure.value for figure in harness.compare(run).figures}["sloppy"] == 1.0
