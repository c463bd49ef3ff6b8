"""What tuning cost, against counts that are known: losses, gains, drift, ratios, and models that lose nothing."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

import harness
from harness.comparison import difference
from harness.comparison.answer_forms import MOST_FORMS, forms_of
from harness.comparison.balance import Move, _per_gain, balance
from harness.comparison.flips import Flips, flips
from harness.comparison.frames import Scores, ScoreTable
from harness.comparison.perplexity_ratio import Texts, texts
from harness.comparison.scales import marked, scale
from harness.metrics import build_metric
from harness.records import Figure, Forgetting, InputError, Loss, TaskRow
from harness.records.forgetting import ALL_PROBES
from harness.stats import Rate
from tests.forgotten import LABELS, N, base_answers, constant_answers, hot_answers, replayed
from tests.packs import write_pack


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> harness.Run:
    answers = {
        "base": base_answers(),
        "same": base_answers(),
        "hot": hot_answers(),
        "constant": constant_answers(),
        "old": hot_answers(),
    }
    return replayed(tmp_path_factory.mktemp("forgotten"), answers, baseline="old")


def found(run: harness.Run) -> Forgetting:
    assert run.comparison.forgetting is not None
    return run.comparison.forgetting


def loss(run: harness.Run, candidate: str, reference: str = "base") -> Loss:
    return next(one for one in found(run).losses if (one.candidate, one.reference) == (candidate, reference))


def figure(of: Loss, measure: str, task: str = ALL_PROBES) -> Figure:
    return next(one for one in of.figures if (one.task, one.metric) == (task, measure))


def test_probes_targets_and_the_answers_of_the_new_task_are_found(run: harness.Run) -> None:
    assert found(run).probes == {"capitals": "exact_match"} and found(run).targets == {"queues": "accuracy"}
    assert found(run).forms == LABELS and found(run).texts == []


def test_the_counts_of_what_was_forgotten_are_those_that_were_planted(run: harness.Run) -> None:
    hot = loss(run, "hot")
    lost = figure(hot, "conditional_forgetting", "capitals")
    assert lost.value == 12 / 30 and lost.samples == 30 and len(lost.failed) == 12
    assert lost.interval is not None
    assert (lost.interval.low, lost.interval.high) == (Rate(12, 30).interval().low, Rate(12, 30).interval().high)
    assert lost.breakdown == {"right_before": 30, "forgot": 12, "learned": 3, "pairs": 40}
    assert figure(hot, "negative_flips", "capitals").value == 12 / 40
    assert figure(hot, "positive_flips", "capitals").value == 3 / 40
    assert figure(hot, "format_drift", "capitals").value == 8 / 40
    assert figure(hot, "format_drift", "capitals").breakdown == {"before": 0.0, "after": 0.2}
    assert figure(hot, "mean_drop").value == pytest.approx(9 / 40)
    assert figure(hot, "mean_gain").value == pytest.approx(28 / 40)
    per_gain = figure(hot, "forgetting_per_gain")
    assert per_gain.value == pytest.approx((9 / 40) / (28 / 40)) and per_gain.interval is not None
    assert 0 < per_gain.interval.low < per_gain.value < per_gain.interval.high < 1


def test_an_adapter_that_answers_as_the_base_lost_nothing_and_has_no_price(run: harness.Run) -> None:
    same = loss(run, "same")
    assert {one.value for one in same.figures} == {0.0}
    assert same.missing["forgetting_per_gain"] == "no gain shown"
    drop = figure(same, "mean_drop").interval
    assert drop is not None and drop.low < 0 < drop.high, "no loss among 40 samples is not proof of none"


def test_constant_answers_forget_everything_in_the_new_form(run: harness.Run) -> None:
    constant = loss(run, "constant")
    assert figure(constant, "conditional_forgetting").value == 1.0
    assert figure(constant, "format_drift").value == 1.0


def test_losses_against_the_baseline_stand_beside_those_against_the_base(run: harness.Run) -> None:
    assert figure(loss(run, "hot", "old"), "negative_flips").value == 0.0
    assert figure(loss(run, "same", "old"), "positive_flips").value == 12 / 40
    assert loss(run, "hot", "old").missing["kl"] == "measured against base alone"


def test_what_could_not_be_measured_says_why(run: harness.Run) -> None:
    missing = loss(run, "hot").missing
    assert missing["perplexity_ratio"] == "the run has no perplexity task" and "kl: true" in missing["kl"]


def test_targets_of_free_text_have_no_form_to_drift_to(tmp_path: Any) -> None:
    settings = {"probes": ["queues"], "targets": ["capitals"]}
    run = replayed(tmp_path, {"base": base_answers(), "hot": hot_answers()}, forgetting=settings)
    assert found(run).probes == {"queues": "accuracy"}
    assert loss(run, "hot").missing["format_drift"] == "the answers of the target tasks are free text"
    assert loss(run, "hot").missing["forgetting_per_gain"] == "no gain shown"


def test_answers_that_the_probe_itself_knows_are_no_drift(tmp_path: Any) -> None:
    rows = [{"text": f"Yes or refund {i}?", "label": "refund" if i % 2 else "yes"} for i in range(20)]
    write_pack(tmp_path, "mixed", rows, tags=["forgetting"])
    said = {row["text"]: "refund" for row in rows}
    answers = {"base": base_answers() | {row["text"]: "yes" for row in rows}, "hot": hot_answers() | said}
    run = replayed(tmp_path, answers, tasks=["./capitals", "./queues", "./mixed"])
    assert figure(loss(run, "hot"), "format_drift", "mixed").value == 0.0
    mean = figure(loss(run, "hot"), "conditional_forgetting")
    assert mean.value == pytest.approx((12 / 30 + 10 / 10) / 2), "each probe counts alike"
    assert mean.breakdown["forgot"] == 22


def test_a_run_without_a_probe_has_nothing_to_say(tmp_path: Any) -> None:
    run = replayed(tmp_path, {"base": base_answers(), "hot": hot_answers()}, tasks=["./queues"])
    assert run.comparison.forgetting is None


def test_no_gain_has_no_price_even_where_a_resample_of_it_would() -> None:
    figure = Figure(
        model="m", task=ALL_PROBES, metric="mean_drop", value=0.2, interval=None, samples=9, unscorable=0, errors=0,
        greater_is_better=False, signature="s",
    )  # fmt: skip
    rng = np.random.default_rng(0)
    lost, won = rng.normal(0.2, 0.05, 10_000), rng.normal(0.5, 0.05, 10_000)
    ratio = _per_gain(figure, figure, lost, won)
    assert ratio is not None and ratio.interval is not None and 0.2 < ratio.interval.low < ratio.interval.high < 0.7
    assert _per_gain(figure, figure, lost, won - 0.45) is None


def test_what_is_lost_of_one_task_and_won_of_another_is_drawn_apart_whichever_way_their_metrics_point() -> None:
    right = [[float(i % 3 > 0), 1.0] for i in range(60)]
    wrong = [[0.0, 1.0]] * 60
    moved = {}
    for task, name, ours in (("old", "refusal_error", right), ("new", "exact_match", right)):
        metric, row = build_metric(name), TaskRow(name=task, tags=[], fingerprint="", samples=60)
        tables = table(name, ours), table(name, wrong)
        found = difference(row, metric, ("a", "b"), tables)
        assert found is not None
        moved[task] = (Move(found, metric, 1.0), tables)
    tables = {task: both for task, (_, both) in moved.items()}
    *_, ratio = balance("a", [moved["old"][0]], [moved["new"][0]], tables, 0)
    assert ratio.metric == "forgetting_per_gain" and ratio.value == pytest.approx(1.0)
    assert ratio.interval is not None and ratio.interval.low < 0.9 < 1.1 < ratio.interval.high
    same, won = moved["new"], Move(moved["new"][0].difference, moved["new"][0].metric, 1.0)
    *_, ratio = balance("a", [same[0]], [won], {"new": same[1]}, 0)
    assert ratio.interval is not None and ratio.interval.low == ratio.interval.high == 1.0, "one task, one draw"


def test_a_list_of_labels_that_is_no_closed_set_is_no_form() -> None:
    none = pd.DataFrame({"task": [], "choices": []})
    few = {"name": "t", "definition": {"labels": ["a", "b"]}}
    many = {"name": "t", "definition": {"labels": [f"label {i}" for i in range(MOST_FORMS + 1)]}}
    assert forms_of([few], none) == ["a", "b"] and forms_of([many], none) == []


# ---- a sequence of trainings


def test_a_sequence_has_the_matrix_and_the_measures_of_its_answers(tmp_path: Any) -> None:
    rows = {name: [{"text": f"{name} {i}", "label": "yes"} for i in range(N)] for name in ("one", "two", "three")}
    shares = {  # right answers of 40 on each task
        "base": (8, 4, 4),
        "first": (36, 12, 4),
        "second": (28, 32, 16),
        "third": (24, 34, 38),
    }
    answers = {
        model: {
            row["text"]: "yes" if i < right else "no"
            for (_, some), right in zip(rows.items(), counts, strict=True)
            for i, row in enumerate(some)
        }
        for model, counts in shares.items()
    }
    for name, some in rows.items():
        write_pack(tmp_path, name, some)
    steps = [{"model": "first", "task": "one"}, {"model": "second", "task": "two"}, {"model": "third", "task": "three"}]
    run = replayed(tmp_path, answers, tasks=["./one", "./two", "./three"], sequence=steps)
    sequence = found(run).sequence
    assert sequence is not None and sequence.models == ["first", "second", "third"]
    assert sequence.before == [0.2, 0.1, 0.1]
    assert sequence.scores == [[0.9, 0.3, 0.1], [0.7, 0.8, 0.4], [0.6, 0.85, 0.95]]
    values = {one.metric: one for one in sequence.figures}
    assert values["average_score"].value == pytest.approx(0.8)
    assert values["backward_transfer"].value == pytest.approx(-0.125)
    assert values["forward_transfer"].value == pytest.approx(0.25)
    assert values["forgetting_measure"].value == pytest.approx(0.125)
    for one in values.values():
        assert one.interval is not None and one.value is not None
        assert one.interval.low < one.value < one.interval.high


def test_a_sequence_that_names_what_is_not_there_is_refused_before_anything_is_asked(tmp_path: Any) -> None:
    answers = {"base": base_answers(), "hot": hot_answers(), "more": hot_answers()}
    steps = [{"model": "hot", "task": "capitols"}, {"model": "more", "task": "queues"}]
    with pytest.raises(InputError, match=r"sequence.*no task 'capitols'.*capitals"):
        replayed(tmp_path, answers, sequence=steps)
    for wrong, says in ((steps[1:], "no sequence"), ([steps[1], steps[1]], "a model of its own")):
        with pytest.raises(InputError, match=says):
            replayed(tmp_path, answers, sequence=wrong)
    with pytest.raises(InputError, match="is no model of the suite"):
        replayed(tmp_path, answers, sequence=[{"model": "cold", "task": "queues"}, steps[1]])


# ---- from tables


def table(metric: str, statistics: list[list[float]], keys: list[str] | None = None, **columns: Any) -> ScoreTable:
    rows = pd.DataFrame(
        {
            "task": "t",
            "model": "m",
            "key": keys or [f"k{i}" for i in range(len(statistics))],
            "metric": metric,
            "outcome": "scored",
            "value": [row[0] for row in statistics],
            "statistics": statistics,
            **columns,
        }
    )
    made = Scores(rows).table("t", metric, "m")
    assert made is not None
    return made


def rates(values: list[int], **columns: Any) -> ScoreTable:
    return table("exact_match", [[float(value), 1.0] for value in values], **columns)


def test_samples_that_were_renamed_are_refused_and_not_paired_by_position() -> None:
    before = rates([1, 1, 0])
    with pytest.raises(InputError, match="samples were put to the"):
        flips("t", build_metric("exact_match"), ("a", "b"), (rates([1, 1, 0], keys=["x", "y", "z"]), before), 0)
    turned = flips("t", build_metric("exact_match"), ("a", "b"), (rates([0, 1, 1], keys=["k2", "k1", "k0"]), before), 0)
    assert turned is not None and turned.counts["forgot"] == 0


def test_samples_of_one_source_count_as_one() -> None:
    rng = np.random.default_rng(1)
    lost = np.repeat(rng.random(20) < 0.4, 10).astype(int)
    sources = np.repeat([f"s{i}" for i in range(20)], 10)
    metric = build_metric("exact_match")
    alone = flips("t", metric, ("a", "b"), (rates(list(1 - lost)), rates([1] * 200)), 0)
    grouped = flips(
        "t", metric, ("a", "b"), (rates(list(1 - lost), cluster=sources), rates([1] * 200, cluster=sources)), 0
    )
    assert alone and grouped
    widths = []
    for one in (alone, grouped):
        share = next(f for f in one.figures() if f.metric == "conditional_forgetting")
        assert share.interval is not None and share.value == pytest.approx(lost.mean())
        widths.append(share.interval.high - share.interval.low)
    assert widths[1] > 2 * widths[0]


def test_losses_are_read_from_what_says_right_or_wrong_and_from_figures_that_came_with_the_run() -> None:
    imported = build_metric({"name": "imported", "figure": "acc", "source": "lm_eval", "rate": True})
    f1, text, seen = (build_metric(name, ("a", "b")) for name in ("f1_macro", "perplexity", "contaminated"))
    assert marked([f1, imported]) is imported
    assert marked([text, seen]) is None and marked([seen, f1]) is f1


def test_a_share_that_rounding_lifts_above_one_is_still_a_share() -> None:
    cosine = build_metric("semantic_similarity")
    assert scale(cosine, [1.0000000558649702, 0.45]) == 1.0  # equal texts, as measured in float32
    assert scale(cosine, [1.01, 0.45]) is None


def test_of_a_check_that_counts_failures_right_is_what_did_not_fail() -> None:
    metric = build_metric("refusal_error")
    made = flips("t", metric, ("a", "b"), (table(metric.name, [[1.0, 1.0]]), table(metric.name, [[0.0, 1.0]])), 0)
    assert made is not None and made.counts["forgot"] == 1


def test_flips_of_published_answers_are_those_that_pandas_counts(shared: Path) -> None:
    """GSM8K answers of two fine-tuned models, with their published correctness."""
    lines = (shared / "data/gsm8k/example_model_solutions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    before, after = ([bool(row[name]["is_correct"]) for row in rows] for name in ("6b_verification", "6b_finetuning"))
    tables = rates([*map(int, after)]), rates([*map(int, before)])
    made = flips("gsm8k", build_metric("exact_match"), ("a", "b"), tables, 0)
    assert made is not None
    counted = pd.crosstab(pd.Series(before), pd.Series(after))
    assert made.counts == {
        "right_before": counted.loc[True].sum(), "forgot": counted.loc[True, False],
        "learned": counted.loc[False, True], "pairs": 1319,
    }  # fmt: skip
    share = next(f for f in made.figures() if f.metric == "conditional_forgetting")
    low, high = proportion_confint(counted.loc[True, False], counted.loc[True].sum(), method="wilson")
    assert share.interval is not None and (share.interval.low, share.interval.high) == pytest.approx((low, high))


VALUES = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60)


@settings(max_examples=60, deadline=None)
@given(VALUES)
def test_flips_add_up_to_the_difference(pairs: list[tuple[bool, bool]]) -> None:
    before, after = (np.array([one[side] for one in pairs]) for side in (0, 1))
    keys = np.array([f"k{i}" for i in range(len(pairs))], dtype=object)
    made = {f.metric: f for f in Flips("a", "t", "m", before, after, keys, None, 0).figures()}
    change = (made["positive_flips"].value or 0.0) - (made["negative_flips"].value or 0.0)
    assert change == pytest.approx(after.mean() - before.mean())
    if before.any():
        assert made["conditional_forgetting"].value == pytest.approx(1 - after[before].mean())
    else:
        assert "conditional_forgetting" not in made


@settings(max_examples=25, deadline=None)
@given(st.floats(-1, 1), st.integers(2, 30))
def test_a_text_that_is_worse_by_the_same_everywhere_has_that_ratio(shift: float, size: int) -> None:
    rng = np.random.default_rng(size)
    tokens = rng.integers(5, 50, size).astype(float)
    nats = tokens * rng.uniform(1, 4, size)
    metric = build_metric("perplexity")
    before = table("perplexity", np.column_stack([nats, tokens]).tolist())
    after = table("perplexity", np.column_stack([nats + shift * tokens, tokens]).tolist())
    made = texts("t", metric, (after, before)).figure("m", "t", 0)  # type: ignore[arg-type]
    assert made is not None and made.interval is not None
    assert made.value == pytest.approx(math.exp(shift))
    assert made.interval.low == pytest.approx(made.interval.high)


def test_the_ratio_of_perplexities_is_the_ratio_of_perplexities() -> None:
    rng = np.random.default_rng(3)
    tokens = rng.integers(5, 50, 40).astype(float)
    rows = np.column_stack([tokens * rng.uniform(1, 3, 40), tokens, tokens * rng.uniform(1, 2, 40), tokens])
    made = Texts(rows, np.arange(40), "tokens", 0).figure("m", "t", 0)
    sums = rows.sum(axis=0)
    assert made is not None and made.interval is not None and made.value is not None
    assert made.value == pytest.approx(math.exp(sums[0] / sums[1]) / math.exp(sums[2] / sums[3]))
    assert made.interval.low < made.value < made.interval.high
