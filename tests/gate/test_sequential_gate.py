"""The gate's promises where samples are taken until the rules are decided, over simulated releases with fixed seeds.

Looks come after every sample, all the way to the end. A p-value is the smallest over all looks, so whatever the gate
would have said at any stop it still says at the end: these are the error rates of the worst way to stop.
"""

import numpy as np
import pytest
from scipy import stats as scipy_stats

from harness.gate import decide
from harness.gate.decide import adjusted_p_values, decision_on
from harness.gate.trials import Docket
from harness.records import Rule
from harness.stats import Betting
from tests.gate.counts import comparison, difference, figure

SAMPLES, MARGIN = 120, 0.05
RULE = Rule(tasks="*", rule="no_worse", margin=MARGIN)


def release(rng, up, down, tasks, n=SAMPLES):
    """A candidate that gains each sample with probability ``up`` and loses it with ``down``, watched one by one."""
    figures, differences = [], []
    for task in tasks:
        moves = rng.choice([1.0, -1.0, 0.0], p=[up, down, 1 - up - down], size=n)
        rose, fell = int(np.sum(moves > 0)), int(np.sum(moves < 0))
        watched = Betting.watched(moves, np.arange(n), -1, 1, complete=True)
        figures += [figure(task, name, n - rose - fell, n) for name in ("base", "new")]
        one = difference(task, rose, fell, n, both=n - rose - fell)
        differences.append(one.model_copy(update={"estimate": watched.to_json()}))
    return watched_comparison(figures, differences, tasks, n)


def watched_comparison(figures, differences, tasks, n, available=None):
    made = comparison(figures, differences, tasks=tasks)
    seen = {"looks": [n], "available": available or n, "samples": n}
    return made.model_copy(update={"tasks": [task.model_copy(update=seen) for task in made.tasks]})


def decision(bundle):
    docket = Docket(bundle)
    trials = [docket.trial(RULE, task, "new") for task in bundle.tasks]
    found = [decision_on(t, p) for t, p in zip(trials, adjusted_p_values(trials), strict=True)]
    return next((one for one in ("fail", "inconclusive") if one in found), "pass")


def at_most_in(runs, rate):
    return scipy_stats.binom.ppf(0.999, runs, rate)


@pytest.mark.parametrize(("up", "down"), [(0.04, 0.04), (0.03, 0.03 + MARGIN)])
def test_models_that_are_equal_or_on_the_margin_over_twenty_tasks_fail_at_most_five_percent_of_the_time(up, down):
    rng, runs = np.random.default_rng(1), 80
    names = [f"task{i}" for i in range(20)]
    found = [decision(release(rng, up, down, names)) for _ in range(runs)]
    assert found.count("fail") <= at_most_in(runs, 0.05)


@pytest.mark.parametrize("up", [0.0, 0.1])
def test_a_model_worse_than_the_margin_passes_at_most_five_percent_of_the_time(up):
    rng, runs = np.random.default_rng(2), 800
    found = [decision(release(rng, up, up + MARGIN, ["q"], n=250)) for _ in range(runs)]
    assert found.count("pass") <= at_most_in(runs, 0.05)


def test_a_verdict_says_how_many_samples_of_how_many_were_taken_and_by_what_evidence():
    watched = Betting.watched(np.zeros(60), np.repeat([0, 1], 30), -1, 1)
    flips = difference("q", 0, 0, 60, both=60).model_copy(update={"estimate": watched.to_json()})
    bundle = watched_comparison([figure("q", m, 60, 60) for m in ("base", "new")], [flips], ["q"], 60, 200)
    rule = decide(bundle, [Rule(tasks="q", rule="no_worse", margin=0.1)]).rules[0]
    assert (rule.decision, rule.taken, rule.available) == ("pass", 60, 200)
    assert rule.evidence.endswith("60 of 200 samples taken, betting confidence sequence")
    assert rule.interval.method == "betting confidence sequence"


def test_a_test_for_a_fixed_number_of_samples_is_refused_on_a_sample_that_the_data_ended():
    """Also where the figure is perfect: another policy may read a metric that no rule watched."""
    bundle = watched_comparison([figure("q", "new", 60, 60)], [], ["q"], 60, 200)
    rule = decide(bundle, [Rule(tasks="q", rule="at_least", value=0.5)]).rules[0]
    assert rule.decision == "unavailable"
    assert "run the suite without --until-decided" in rule.evidence


@pytest.mark.parametrize(("complete", "expected"), [(False, "inconclusive"), (True, "pass")])
def test_at_most_nothing_is_met_by_all_samples_only(complete, expected):
    watched = Betting.watched(np.zeros(60), np.zeros(60, dtype=int), 0, 1, complete=complete)
    harm = figure("q", "new", 0, 60, metric="unsafe", greater=False).model_copy(update={"estimate": watched.to_json()})
    bundle = watched_comparison([harm], [], ["q"], 60, 60 if complete else 200)
    assert decide(bundle, [Rule(tasks="q", rule="at_most", value=0)]).rules[0].decision == expected
