"""KL to the base as a probe of a run: a task with figures and rules, resumed like any other, on unmerged weights."""

from pathlib import Path
from typing import Any

import pytest

import harness
from harness.records import InputError
from tests.packs import word_rows, write_pack, write_suite

RULE = {"rule": "forgets_at_most", "measure": "kl", "value": 1e-4}


@pytest.fixture(scope="module")
def adapter(make_adapter: Any) -> Path:
    return Path(make_adapter("moved"))


def evaluated(folder: Path, adapter: Path, **suite: Any) -> harness.Run:
    write_pack(folder, "words", word_rows(6), tags=["forgetting"])
    write_pack(folder, "prose", [{"text": f"Once upon a time there were {n} bears."} for n in range(5)],
               output="perplexity", prompt="{{ text }}", metrics=["perplexity"], tags=["forgetting"])  # fmt: skip
    settings = {"tasks": ["./words", "./prose"], "forgetting": {"kl": True, "kl_texts": 4}} | suite
    return harness.evaluate(write_suite(folder, {"tuned": adapter}, **settings), folder / "run")


def kl(run: harness.Run) -> dict[str, float]:
    return {f.model: f.value for f in harness.compare(run).figures if f.task == "probe_kl" and f.value is not None}


def test_a_run_measures_how_far_its_adapters_moved_the_base_and_a_rule_bounds_it(tmp_path: Path, adapter: Path) -> None:
    run = evaluated(tmp_path, adapter, gate=[RULE])
    found = kl(run)
    assert found["base"] == 0.0 and found["tuned"] > 0.01
    figures = run.comparison.forgetting.losses[0].figures  # type: ignore[union-attr]
    over_all = next(f for f in figures if (f.task, f.metric) == ("all_probes", "kl"))
    assert over_all.value == found["tuned"] and over_all.samples == 8
    assert next(f for f in figures if f.metric == "perplexity_ratio").value != 1.0
    verdict = harness.gate_run(run)
    assert verdict.decision == "fail" and "nats" not in verdict.rules[0].evidence
    samples = run.samples()
    said = samples[(samples["task"] == "probe_kl") & (samples["model"] == "tuned")]
    assert len(said) == 8 and said["text"].str.contains("nats per token").all()


def test_a_second_run_asks_nothing_and_ends_in_the_same_bytes(tmp_path: Path, adapter: Path) -> None:
    kl(evaluated(tmp_path, adapter))
    files = ("results.json", "comparison.json")
    first = [(tmp_path / "run" / name).read_bytes() for name in files]
    seen: list[tuple[str, int, int]] = []
    again = harness.evaluate(tmp_path / "suite.yaml", tmp_path / "run", progress=lambda *step: seen.append(step))
    kl(again)
    assert [(tmp_path / "run" / name).read_bytes() for name in files] == first
    assert [step for step in seen if step[0].startswith("comparing distributions")] == [
        ("comparing distributions with the base", 16, 16)
    ]


def test_merged_weights_are_measured_by_the_adapter_itself(tmp_path: Path, adapter: Path) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "merged").mkdir()
    plain = kl(evaluated(tmp_path / "plain", adapter))
    engine = {"kind": "transformers", "device": "cpu", "options": {"merge": True}}
    merged = evaluated(tmp_path / "merged", adapter, engine=engine, parity={"prompts": 2, "max_tokens": 2})
    assert kl(merged) == plain


def test_scoring_again_leaves_it_as_it_is(tmp_path: Path, adapter: Path) -> None:
    from harness.evaluation import rescore

    run = evaluated(tmp_path, adapter)
    before = kl(run)
    rescore(run)
    assert kl(run) == before


def test_engines_without_weights_are_refused(tmp_path: Path, adapter: Path) -> None:
    engine = {"kind": "replay", "options": {"path": "{model}.jsonl"}}
    with pytest.raises(InputError, match=r"kl needs the models' weights.*'replay'"):
        evaluated(tmp_path, adapter, engine=engine)


def test_probes_without_a_target_are_refused(tmp_path: Path, adapter: Path) -> None:
    write_pack(tmp_path, "open", [{"text": "Say something."}], target=None, metrics=["refusal_error"])
    with pytest.raises(InputError, match="no probe has a target or a text"):
        evaluated(tmp_path, adapter, tasks=["./words", "./open"], forgetting={"kl": True, "probes": ["open"]})
