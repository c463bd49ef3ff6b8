"""A train of ten releases of which four are truly worse: real adapters, a real engine, and the gate's error rates."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from harness.comparison import compare
from harness.comparison.models import RunScores, compare_models
from harness.comparison.of_run import read_scores
from harness.evaluation import evaluate
from harness.gate import decide, gate_run
from harness.records import Rule
from harness.runs import Run
from tests.packs import write_suite

#: How strong each adapter's random change is. Up to 0.5 the base's arithmetic hardly notices; from 1.3 on it suffers.
STRENGTHS = {
    **{f"sound{i}": strength for i, strength in enumerate((0.05, 0.1, 0.2, 0.3, 0.4, 0.5))},
    **{f"worse{i}": strength for i, strength in enumerate((1.4, 1.6, 1.8, 2.2))},
}
MARGIN, RELEASES, SAMPLES = 0.1, 40, 120
RULE = Rule(rule="no_worse", tasks="arithmetic", than="base", margin=MARGIN)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, make_adapter: Callable[..., Path]) -> Run:
    from safetensors.torch import load_file, save_file

    folder = tmp_path_factory.mktemp("train")
    adapters = {}
    for seed, (name, strength) in enumerate(STRENGTHS.items()):
        adapters[name] = make_adapter(name, seed=seed)
        weights = adapters[name] / "adapter_model.safetensors"
        tensors = load_file(weights)
        save_file({n: t * (strength if "lora_B" in n else 1.0) for n, t in tensors.items()}, weights)
    suite = write_suite(folder, adapters, tasks=["arithmetic"], gate=[RULE.model_dump(exclude_defaults=True)])
    run = evaluate(suite, folder / "run")
    compare(run)
    return run


@pytest.fixture(scope="module")
def losses(run: Run) -> dict[str, float]:
    """What each candidate truly loses, on all samples of the task."""
    return {d.candidate: -d.difference for d in run.comparison.differences if d.reference == "base"}


def release(scores: RunScores, keys: np.ndarray) -> dict[str, str]:
    """The gate's decision on every candidate from a part of the samples."""
    part = replace(scores, frame=scores.frame[scores.frame["key"].isin(keys)])
    return dict(decide(compare_models(part), [RULE]).candidates)


def test_four_of_ten_are_truly_worse_and_the_gate_stops_exactly_those(run: Run, losses: dict[str, float]) -> None:
    assert all((loss > MARGIN) == name.startswith("worse") for name, loss in losses.items()), losses
    decided = gate_run(run).candidates
    assert {name for name, decision in decided.items() if decision == "fail"} == {
        n for n in losses if losses[n] > MARGIN
    }
    assert all(decided[name] == "pass" for name in losses if losses[name] < MARGIN / 3)


def test_over_many_releases_the_gate_is_wrong_no_more_often_than_it_says(run: Run, losses: dict[str, float]) -> None:
    scores = read_scores(run)
    keys, rng = scores.frame["key"].unique(), np.random.default_rng(0)
    passed, failed = dict.fromkeys(losses, 0), dict.fromkeys(losses, 0)
    for _ in range(RELEASES):
        for name, decision in release(scores, rng.choice(keys, SAMPLES, replace=False)).items():
            passed[name] += decision == "pass"
            failed[name] += decision == "fail"
    most = stats.binom.ppf(0.999, RELEASES, 0.05)
    for name, loss in losses.items():
        assert (passed[name] if loss > MARGIN else failed[name]) <= most, (name, loss)
    assert sum(failed[n] for n in losses if losses[n] > 2 * MARGIN) > 0.9 * RELEASES * sum(
        loss > 2 * MARGIN for loss in losses.values()
    )
