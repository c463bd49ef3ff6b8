"""The gate's promises over many simulated releases, with seeds fixed and bounds from the binomial."""

import numpy as np
import pytest
from scipy import stats as scipy_stats

from harness.gate import decide
from harness.records import Rule
from harness.stats import PairedRates, bootstrap_difference
from tests.gate.counts import comparison, difference, figure, paired_interval

RUNS, TASKS, MARGIN = 200, 20, 0.02
NAMES = [f"task{i}" for i in range(TASKS)]
RULE = [Rule(tasks="*", rule="no_worse", margin=MARGIN)]


@pytest.fixture(autouse=True)
def quick_intervals(monkeypatch):
    """The interval is shown, not decided by: the quicker one lets more releases be simulated."""
    monkeypatch.setattr(PairedRates, "decisive_interval", paired_interval)


def release(rng, n, up, down, tasks=NAMES):
    """A candidate that gains each sample with probability ``up`` and loses it with ``down``, on every task."""
    figures, differences = [], []
    for task in tasks:
        rose, fell, _ = rng.multinomial(n, [up, down, 1 - up - down])
        both = (n - rose - fell) * 4 // 5
        figures += [figure(task, "base", both + fell, n), figure(task, "new", both + rose, n)]
        differences.append(difference(task, int(rose), int(fell), n, both=both))
    return comparison(figures, differences, tasks=tasks)


def at_most_in(runs, rate):
    """The largest count that a true rate of ``rate`` explains with probability 99.9 %."""
    return scipy_stats.binom.ppf(0.999, runs, rate)


def test_two_equal_models_over_twenty_tasks_fail_at_most_five_percent_of_the_time():
    rng = np.random.default_rng(7)
    decisions = [decide(release(rng, 100, 0.03, 0.03), RULE).decision for _ in range(RUNS)]
    assert decisions.count("fail") <= at_most_in(RUNS, 0.05)


def test_without_a_correction_twenty_benchmarks_would_fail_a_release_on_the_margin_much_too_often():
    """NeMo Evaluator's `nel gate` corrects for nothing: the more benchmarks, the likelier a false alarm."""
    rng = np.random.default_rng(8)
    runs = [decide(release(rng, 100, 0.02, 0.02 + MARGIN), RULE) for _ in range(60)]
    alarms = sum(any(_p_met(rule) <= 0.05 for rule in verdict.rules) for verdict in runs)
    assert alarms >= 0.2 * len(runs)
    assert [verdict.decision for verdict in runs].count("fail") <= at_most_in(len(runs), 0.05)


def _p_met(rule):
    counts = rule.evidence.split("over 100 pairs (")[1]
    gained, lost = (int(part.split()[0]) for part in counts.split(")")[0].split(", "))
    return PairedRates(100, gained, lost).p_at_least(-MARGIN)


def test_models_exactly_on_the_margin_over_twenty_tasks_fail_at_most_five_percent_of_the_time():
    # The hardest case for the family: every one of the twenty hypotheses is true and on its edge.
    rng = np.random.default_rng(8)
    decisions = [decide(release(rng, 100, 0.02, 0.02 + MARGIN), RULE).decision for _ in range(RUNS)]
    assert decisions.count("fail") <= at_most_in(RUNS, 0.05)


@pytest.mark.parametrize(("n", "up"), [(133, 0.0), (150, 0.05), (600, 0.005)])
def test_a_model_worse_than_the_margin_passes_at_most_five_percent_of_the_time(n, up):
    rng, runs = np.random.default_rng(9), 600
    decisions = [decide(release(rng, n, up, up + MARGIN, ["q"]), RULE).decision for _ in range(runs)]
    assert decisions.count("pass") <= at_most_in(runs, 0.05)


def test_one_bad_task_among_twenty_good_ones_is_not_passed():
    rng, runs = np.random.default_rng(10), 150
    passed = 0
    for _ in range(runs):
        good, bad = release(rng, 800, 0.0, 0.0, NAMES[1:]), release(rng, 400, 0.01, 0.03, ["task0"])
        bundle = comparison(good.figures + bad.figures, good.differences + bad.differences, tasks=["task0", *NAMES[1:]])
        passed += decide(bundle, RULE).decision == "pass"
    assert passed <= at_most_in(runs, 0.05)


def test_a_clear_loss_is_stopped_and_a_clean_release_of_enough_samples_passes():
    rng = np.random.default_rng(11)
    lost = [decide(release(rng, 1000, 0.01, 0.08, ["q"]), RULE).decision for _ in range(20)]
    clean = [decide(release(rng, 3000, 0.005, 0.005, ["q"]), RULE).decision for _ in range(20)]
    assert set(lost) == {"fail"}
    assert set(clean) == {"pass"}


def test_the_samples_it_asks_for_decide_with_about_the_promised_power():
    seen = comparison([figure("q", m, 120, 150) for m in ("base", "new")], [difference("q", 4, 4, 150, both=116)])
    first = decide(seen, RULE).rules[0]
    assert first.decision == "inconclusive"
    rng, n, share = np.random.default_rng(12), 150 + first.samples_needed, 4 / 150
    again = [decide(release(rng, n, share, share, ["q"]), RULE).decision for _ in range(200)]
    assert again.count("pass") >= scipy_stats.binom.ppf(0.001, 200, 0.8)


@pytest.mark.parametrize("side", [1, -1])
def test_models_a_margin_apart_are_called_equivalent_at_most_five_percent_of_the_time(side):
    rng, runs, rule = np.random.default_rng(14), 300, [Rule(tasks="q", rule="equivalent", margin=0.04)]
    shares = (0.07, 0.03) if side > 0 else (0.03, 0.07)
    decisions = [decide(release(rng, 500, *shares, ["q"]), rule).decision for _ in range(runs)]
    assert 0 < decisions.count("pass") <= at_most_in(runs, 0.05)
    assert decisions.count("fail") <= at_most_in(runs, 0.05)


def test_the_samples_that_equivalence_asks_for_decide_with_about_the_promised_power():
    rule = [Rule(tasks="q", rule="equivalent", margin=MARGIN)]
    seen = comparison([figure("q", m, 120, 150) for m in ("base", "new")], [difference("q", 4, 4, 150, both=116)])
    rng, n, share = np.random.default_rng(15), 150 + decide(seen, rule).rules[0].samples_needed, 4 / 150
    again = [decide(release(rng, n, share, share, ["q"]), rule).decision for _ in range(200)]
    assert again.count("pass") >= scipy_stats.binom.ppf(0.001, 200, 0.8)


def test_the_bootstrap_passes_a_model_worse_than_the_margin_at_most_five_percent_of_the_time():
    rng, runs = np.random.default_rng(13), 1000
    passed = 0
    for _ in range(runs):
        base = rng.beta(8, 2, size=120)
        worse = np.clip(base + rng.normal(-0.05, 0.1, 120), -9, 9)
        rows = [np.column_stack([x, np.ones(120)]) for x in (worse, base)]
        estimate = bootstrap_difference(*rows, lambda s: s[..., 0] / s[..., 1], replicates=1000)
        passed += estimate.p_at_most(-0.05) <= 0.05
    assert passed <= at_most_in(runs, 0.05)
