"""From scores to figures and paired differences: pairing, direction, what is refused."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats

from harness.comparison import RunScores, compare_models, compare_runs, summarise
from harness.metrics.base import MeanMetric, Metric
from harness.records import Comparison, InputError, ModelRow, Outcome, TaskRow
from harness.stats import estimate_from_json


class Right(MeanMetric):
    """A rate: larger is better."""

    name = "right"
    is_rate = True
    signature = "right|test"

    def measure(self, responses):
        raise NotImplementedError


class Unsafe(Right):
    """A check: the share that failed."""

    name = "unsafe"
    greater_is_better = False
    is_check = True
    signature = "unsafe|test"


class Ratio(Metric):
    """A corpus figure: ratio of two sums."""

    name = "ratio"
    signature = "ratio|test"

    def measure(self, responses):
        raise NotImplementedError

    def aggregate(self, sums):
        with np.errstate(invalid="ignore", divide="ignore"):
            return sums[..., 0] / sums[..., 1]

    def breakdown(self, sums):
        return {"top": float(sums[0]), "nothing": float("nan")}


def rows(task, model, metric, values, *, keys=None, outcomes=None):
    """Scores of one model; the statistics of a sample without judgement are zero."""
    keys = keys or [f"k{i}" for i in range(len(values))]
    outcomes = outcomes or ["scored"] * len(values)
    judged = [o in ("scored", "pass", "fail") for o in outcomes]
    return pd.DataFrame(
        {
            "task": task,
            "model": model,
            "key": keys,
            "metric": metric,
            "outcome": outcomes,
            "value": [v if j else None for v, j in zip(values, judged, strict=True)],
            "statistics": [[float(v), 1.0] if j else [0.0, 0.0] for v, j in zip(values, judged, strict=True)],
        }
    )


def a_run(frame, metrics, models=("base", "old", "new"), refused=(), fingerprint="f"):
    names = [*models, *refused]
    return RunScores(
        suite="s",
        base="base",
        baseline="old" if "old" in names else "base",
        models=[
            ModelRow(name=n, base="b", fingerprint=n, status="refused" if n in refused else "evaluated", reason="no-op")
            for n in names
        ],
        tasks=[TaskRow(name=task, tags=["t"], fingerprint=fingerprint, samples=0) for task in metrics],
        metrics=metrics,
        frame=frame,
    )


BASE, OLD, NEW = [1, 1, 1, 0, 0], [1, 1, 0, 0, 1], [0, 1, 1, 1, 1]


@pytest.fixture
def three():
    values = {"base": BASE, "old": OLD, "new": NEW}
    return a_run(pd.concat([rows("q", m, "right", v) for m, v in values.items()]), {"q": [Right()]})


def test_a_candidate_is_compared_with_base_and_baseline(three):
    comparison = compare_models(three)
    assert [(d.candidate, d.reference) for d in comparison.differences] == [("new", "base"), ("new", "old")]
    against_base = comparison.differences[0]
    assert (against_base.gained, against_base.lost) == (["k3", "k4"], ["k0"])
    assert against_base.difference == pytest.approx(0.2)
    assert (against_base.candidate_value, against_base.reference_value) == (0.8, 0.6)
    assert estimate_from_json(against_base.estimate).fields() == {"pairs": 5, "rose": 2, "fell": 1}


def test_a_baseline_that_is_the_base_is_compared_with_once(three):
    run = a_run(three.frame, three.metrics, models=("base", "new"))
    assert len(compare_models(run).differences) == 1


def test_any_other_model_can_be_a_reference(three):
    run = a_run(three.frame, three.metrics)
    frame = pd.concat([run.frame, rows("q", "third", "right", NEW)])
    run = a_run(frame, run.metrics, models=("base", "old", "new", "third"))
    found = {(d.candidate, d.reference) for d in compare_models(run, references=["third"]).differences}
    assert ("new", "third") in found
    assert ("third", "third") not in found
    with pytest.raises(InputError, match="unknown model 'fourth'"):
        compare_models(run, references=["fourth"])


def test_pairs_are_made_by_key_whatever_the_order(three):
    shuffled = a_run(three.frame.sample(frac=1, random_state=1), three.metrics)
    before, after = compare_models(three), compare_models(shuffled)
    for one, other in zip(before.differences, after.differences, strict=True):
        assert one.difference == other.difference
        assert (sorted(one.gained), sorted(one.lost)) == (sorted(other.gained), sorted(other.lost))


def test_equal_samples_of_a_data_set_are_paired_one_by_one():
    keys = ["same", "same", "k"]
    frame = pd.concat([rows("q", m, "right", v, keys=keys) for m, v in (("base", [0, 0, 1]), ("new", [1, 1, 1]))])
    difference = compare_models(a_run(frame, {"q": [Right()]}, models=("base", "new"))).differences[0]
    assert (difference.pairs, difference.gained) == (3, ["same", "same"])


def test_samples_that_one_model_was_never_asked_are_refused_by_name():
    frame = pd.concat([rows("q", "base", "right", BASE), rows("q", "new", "right", NEW[:4])])
    with pytest.raises(InputError, match=r"1 samples were put to the reference only \(k4\)"):
        compare_models(a_run(frame, {"q": [Right()]}, models=("base", "new")))


def test_a_sample_without_judgement_on_one_side_drops_the_pair_and_is_counted():
    outcomes = ["scored", "scored", "scored", "unscorable", "error"]
    frame = pd.concat([rows("q", "base", "right", BASE), rows("q", "new", "right", NEW, outcomes=outcomes)])
    comparison = compare_models(a_run(frame, {"q": [Right()]}, models=("base", "new")))
    assert (comparison.differences[0].pairs, comparison.differences[0].unpaired) == (3, 2)
    figure = next(f for f in comparison.figures if f.model == "new")
    assert (figure.samples, figure.unscorable, figure.errors) == (3, 1, 1)
    assert figure.value == pytest.approx(2 / 3)


def test_a_model_that_was_never_judged_has_a_figure_without_value_and_no_difference():
    frame = pd.concat([rows("q", "base", "right", BASE), rows("q", "new", "right", NEW, outcomes=["error"] * 5)])
    comparison = compare_models(a_run(frame, {"q": [Right()]}, models=("base", "new")))
    assert comparison.differences == []
    assert [f.value for f in comparison.figures] == [0.6, None]


def test_checks_turn_the_direction_and_list_what_failed():
    frame = pd.concat(
        [
            rows("q", m, "unsafe", v, outcomes=["fail" if one else "pass" for one in v])
            for m, v in (("base", [0, 0, 1]), ("new", [1, 0, 0]))
        ]
    )
    comparison = compare_models(a_run(frame, {"q": [Unsafe()]}, models=("base", "new")))
    assert [f.failed for f in comparison.figures] == [["k2"], ["k0"]]
    assert (comparison.differences[0].gained, comparison.differences[0].lost) == (["k2"], ["k0"])
    assert comparison.differences[0].greater_is_better is False


def test_other_metrics_use_the_paired_bootstrap_and_list_the_largest_losses_first():
    rng = np.random.default_rng(0)
    base = rng.uniform(0.4, 0.6, 300)
    new = base - rng.uniform(-0.01, 0.05, 300)
    frame = pd.concat([rows("q", "base", "ratio", base), rows("q", "new", "ratio", new)])
    run = a_run(frame, {"q": [Ratio()]}, models=("base", "new"))
    comparison = compare_models(run, seed=3)
    difference = comparison.differences[0]
    assert "bootstrap" in difference.method
    assert difference.difference == pytest.approx(new.mean() - base.mean())
    assert difference.interval.low < difference.difference < difference.interval.high < 0
    worst = sorted(range(300), key=lambda i: new[i] - base[i])
    assert difference.lost[:10] == [f"k{i}" for i in worst[:10]]
    assert (len(difference.lost), difference.lost_count) == (200, int(np.sum(new < base)))
    assert difference.gained_count == int(np.sum(new > base))
    assert comparison.figures[0].breakdown == {"top": pytest.approx(base.sum())}


def test_clusters_are_resampled_whole():
    rng = np.random.default_rng(0)
    shift = np.repeat(rng.normal(0, 0.1, 40), 10)
    values = rng.uniform(size=400)
    frame = pd.concat([rows("q", "base", "ratio", values), rows("q", "new", "ratio", values + shift)])
    plain = compare_models(a_run(frame, {"q": [Ratio()]}, models=("base", "new"))).differences[0]
    frame = frame.assign(cluster=list(np.repeat(np.arange(40), 10)) * 2)
    clustered = compare_models(a_run(frame, {"q": [Ratio()]}, models=("base", "new"))).differences[0]
    width = [d.interval.high - d.interval.low for d in (plain, clustered)]
    assert width[1] / width[0] == pytest.approx(np.sqrt(10), rel=0.15)
    assert "clusters" in clustered.method


def repeated_rows(model, values, metric="right"):
    """Scores of generations; ``values`` has one row a sample and one column a repetition."""
    flat = [v for row in values for v in row]
    keys = [f"k{i}" for i, row in enumerate(values) for _ in row]
    return rows("q", model, metric, flat, keys=keys).assign(repetition=[j for row in values for j in range(len(row))])


def test_generations_are_paired_by_sample_and_repetition_whatever_the_order():
    rng = np.random.default_rng(2)
    frame = pd.concat([repeated_rows(m, rng.integers(0, 2, (20, 4))) for m in ("base", "new")])
    run = a_run(frame, {"q": [Right()]}, models=("base", "new"))
    shuffled = a_run(frame.sample(frac=1, random_state=1), {"q": [Right()]}, models=("base", "new"))
    before, after = compare_models(run).differences[0], compare_models(shuffled).differences[0]
    assert (before.pairs, before.difference) == (after.pairs, pytest.approx(after.difference))
    assert (sorted(before.gained), sorted(before.lost)) == (sorted(after.gained), sorted(after.lost))
    assert before.method.endswith("over 20 clusters of generations")
    with pytest.raises(InputError, match=r"1 samples were put to the reference only \(k19\)"):
        compare_models(a_run(frame.iloc[:-1], {"q": [Right()]}, models=("base", "new")))


def test_intervals_over_repeated_generations_cover_at_their_rate():
    rng, hits = np.random.default_rng(5), 0
    for seed in range(150):
        chances = rng.beta(0.4, 0.6, 50)
        frame = repeated_rows("base", rng.binomial(1, chances[:, None], (50, 6)))
        (figure,) = summarise(a_run(frame, {"q": [Right()]}, models=("base",)), seed=seed).figures
        hits += figure.interval.low <= 0.4 <= figure.interval.high
    assert scipy_stats.binom.cdf(hits, 150, 0.95) > 0.001


def test_the_share_of_variance_from_sampling_is_told_where_figures_are_means():
    rng = np.random.default_rng(6)
    easy_or_hard, coin = rng.integers(0, 2, (40, 1)).repeat(5, axis=1), rng.integers(0, 2, (40, 5))
    for values, low, high in ((easy_or_hard, 0.0, 0.0), (coin, 0.6, 1.0)):
        run = a_run(repeated_rows("base", values), {"q": [Right()]}, models=("base",))
        repeats = summarise(run).figures[0].repeats
        assert (repeats.samples, repeats.repetitions) == (40, 5)
        assert low <= repeats.generation_share <= high
    assert (
        summarise(a_run(rows("q", "base", "right", BASE), {"q": [Right()]}, models=("base",))).figures[0].repeats
        is None
    )


def test_sources_of_unequal_size_that_all_agree_leave_doubt():
    frame = rows("q", "base", "right", [0.0] * 30).assign(cluster=[i for i in range(12) for _ in range(1 + i % 4)][:30])
    figure = summarise(a_run(frame, {"q": [Right()]}, models=("base",))).figures[0]
    assert figure.value == 0
    estimate = estimate_from_json(figure.estimate)
    assert estimate.p_at_least(0.01) > 0.5
    assert estimate.decisive_interval(0.9).high > 0.2


def test_p_values_are_adjusted_over_the_whole_comparison():
    rng = np.random.default_rng(1)
    metrics = {f"q{i}": [Right()] for i in range(6)}
    frame = pd.concat(
        [rows(task, m, "right", rng.integers(0, 2, 60).tolist()) for task in metrics for m in ("base", "new")]
    )
    differences = compare_models(a_run(frame, metrics, models=("base", "new"))).differences
    smallest = min(differences, key=lambda d: d.p_value)
    assert smallest.adjusted_p_value == pytest.approx(min(1, 6 * smallest.p_value))


def test_a_comparison_is_the_same_bytes_again_and_survives_json(three):
    text = compare_models(three).model_dump_json()
    assert compare_models(three).model_dump_json() == text
    assert Comparison.model_validate(json.loads(text)).model_dump_json() == text


def test_an_evaluated_model_without_scores_is_refused_and_a_refused_one_is_not_asked_for(three):
    with pytest.raises(InputError, match="model 'late' has no scores of right"):
        compare_models(a_run(three.frame, three.metrics, models=("base", "old", "new", "late")))
    comparison = compare_models(a_run(three.frame, three.metrics, refused=("dead",)))
    assert {d.candidate for d in comparison.differences} == {"new"}
    assert comparison.models[-1].status == "refused"


def test_results_hold_the_same_figures_as_the_comparison(three):
    assert summarise(three).figures == compare_models(three).figures


def test_scores_without_a_needed_column_are_refused(three):
    with pytest.raises(InputError, match="lack the columns statistics"):
        compare_models(a_run(three.frame.drop(columns="statistics"), three.metrics))


def test_two_runs_are_compared_on_the_tasks_they_share(three):
    extra = pd.concat([three.frame, rows("only_here", "new", "right", NEW)])
    run = a_run(extra, {"q": [Right()], "only_here": [Right()]})
    comparison = compare_runs(run, three, "new", "new")
    assert [t.name for t in comparison.tasks] == ["q"]
    assert [(d.candidate, d.reference) for d in comparison.differences] == [("new", "new (reference)")]
    assert comparison.differences[0].difference == 0
    assert compare_runs(run, three, "new", "old").differences[0].difference == pytest.approx(0.2)


def test_two_runs_with_another_version_of_a_task_are_refused_by_its_name(three):
    other = a_run(three.frame, three.metrics, fingerprint="g")
    with pytest.raises(InputError, match="differ between the runs in: q"):
        compare_runs(three, other, "new", "old")


def test_two_runs_without_a_common_task_or_model_are_refused(three):
    elsewhere = a_run(rows("z", "base", "right", BASE), {"z": [Right()]}, models=("base",))
    with pytest.raises(InputError, match="no task in common"):
        compare_runs(three, elsewhere, "new", "base")
    with pytest.raises(InputError, match="unknown model 'nobody'"):
        compare_runs(three, three, "nobody", "base")
    with pytest.raises(InputError, match=r"was refused.*no-op"):
        compare_runs(a_run(three.frame, three.metrics, refused=("dead",)), three, "dead", "base")


def test_real_answers_of_two_models_give_mcnemars_verdict(shared):
    from statsmodels.stats.contingency_tables import mcnemar

    lines = (shared / "data/gsm8k/example_model_solutions.jsonl").read_text().splitlines()
    solved = [json.loads(line) for line in lines]
    models = {"base": "6b_finetuning", "new": "6b_verification"}
    right = {name: [int(one[field]["is_correct"]) for one in solved] for name, field in models.items()}
    frame = pd.concat([rows("gsm8k", name, "right", values) for name, values in right.items()])
    difference = compare_models(a_run(frame, {"gsm8k": [Right()]}, models=("base", "new"))).differences[0]
    table = pd.crosstab(np.array(right["base"]), np.array(right["new"])).to_numpy()
    assert difference.p_value == pytest.approx(mcnemar(table, exact=True).pvalue)
    assert (difference.gained_count, difference.lost_count) == (table[0, 1], table[1, 0])


def test_outcomes_as_enum_members_are_understood():
    frame = pd.concat([rows("q", m, "right", v) for m, v in (("base", BASE), ("new", NEW))])
    frame["outcome"] = [Outcome(one) for one in frame["outcome"]]
    assert compare_models(a_run(frame, {"q": [Right()]}, models=("base", "new"))).differences[0].pairs == 5
