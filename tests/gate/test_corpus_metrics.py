"""The gate's promises on figures that are no means, through the real metric, comparison and gate, with seeds fixed.

Responses are simulated; statistics come from the metric itself. Only the number of resamples is smaller than in a run.
"""

from functools import cache, partial
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats

from harness.comparison import RunScores, compare_models
from harness.gate import decide
from harness.metrics import build_metric
from harness.records import Answer, Generation, ModelRow, Response, Rule, Sample, TaskRow

LABELS = ("bug", "question", "praise")
SHARES = (0.5, 0.3, 0.2)
SENTENCES = {
    "same": ("the cat sat on the warm mat today", "the cat sat on the warm mat today"),
    "near": ("the cat sat on the warm mat today", "the cat sat on the cold mat today"),
    "far": ("the cat sat on the warm mat today", "a dog was seen here"),
}


@pytest.fixture(autouse=True)
def fewer_resamples(monkeypatch):
    for room, name, fewer in (
        ("differences", "bootstrap_difference", {"replicates": 1000}),
        ("differences", "paired_permutation_test", {"rounds": 50}),
        ("figures", "bootstrap_figure", {"replicates": 50}),
    ):
        module = import_module(f"harness.comparison.{room}")
        monkeypatch.setattr(module, name, partial(getattr(module, name), **fewer))


@cache
def built(metric):
    return build_metric(metric, LABELS if metric == "f1_macro" else ())


@cache
def statistics(metric):
    """The metric's own statistics of every answer that a simulated model can give, by target and answer."""
    pairs = [(g, p) for g in LABELS for p in LABELS] if metric == "f1_macro" else list(SENTENCES.values())
    responses = [
        Response(Sample("q", str(i), "", (target,)), Answer(generation=Generation(text, 1, "stop")), text)
        for i, (target, text) in enumerate(pairs)
    ]
    scores = built(metric).measure(responses)
    return [list(score.statistics) for score in scores], [score.value or 0.0 for score in scores]


def labelled(rng, n, worse):
    """Places in `statistics` of base and candidate, which differ by noise, and by ``worse`` answers spoilt on top."""
    gold = rng.choice(3, p=SHARES, size=n)
    usual = np.where(rng.random(n) < 0.85, gold, rng.choice(3, size=n))
    base, new = (np.where(rng.random(n) < 0.06, rng.choice(3, size=n), usual) for _ in range(2))
    new = np.where(rng.random(n) < worse, rng.choice(3, size=n), new)
    return gold * 3 + base, gold * 3 + new


def translated(rng, n, worse):
    usual = rng.choice(3, p=[0.5, 0.4, 0.1], size=n)
    base, new = (np.where(rng.random(n) < 0.06, rng.choice(3, size=n), usual) for _ in range(2))
    return base, np.where(rng.random(n) < worse, 2, new)


SIMULATED = {"f1_macro": labelled, "bleu": translated}


def true_loss(metric, worse):
    """How much worse a candidate is in truth: over two million samples."""
    counts = [np.bincount(one, minlength=9) for one in SIMULATED[metric](np.random.default_rng(0), 2_000_000, worse)]
    rows = np.array(statistics(metric)[0])
    figures = [built(metric).aggregate(c[: len(rows)] @ rows) for c in counts]
    return float(figures[0] - figures[1])


def release(rng, metric, tasks, n, worse):
    rows, values = statistics(metric)
    frames = []
    for task in tasks:
        for model, places in zip(("base", "new"), SIMULATED[metric](rng, n, worse), strict=True):
            columns = {"task": task, "model": model, "key": [f"s{i}" for i in range(n)], "metric": metric}
            own = {"outcome": "scored", "value": [values[p] for p in places], "statistics": [rows[p] for p in places]}
            frames.append(pd.DataFrame(columns | own))
    scores = RunScores(
        suite="s",
        base="base",
        baseline="base",
        models=[ModelRow(name=name, base="b", fingerprint=name) for name in ("base", "new")],
        tasks=[TaskRow(name=task, tags=[], fingerprint="f", samples=n) for task in tasks],
        metrics={task: [built(metric)] for task in tasks},
        frame=pd.concat(frames, ignore_index=True),
    )
    return compare_models(scores)


def at_most_in(runs, rate):
    return scipy_stats.binom.ppf(0.999, runs, rate)


@pytest.mark.parametrize("worse", [0.0, 0.08])
def test_models_that_are_equal_or_on_the_margin_over_twenty_tasks_fail_at_most_five_percent_of_the_time(worse):
    rng, runs, names = np.random.default_rng(1), 20, [f"task{i}" for i in range(20)]
    rule = [Rule(tasks="*", rule="no_worse", margin=true_loss("f1_macro", 0.08))]
    found = [decide(release(rng, "f1_macro", names, 80, worse), rule).decision for _ in range(runs)]
    assert found.count("fail") <= at_most_in(runs, 0.05)


@pytest.mark.parametrize("metric", SIMULATED)
def test_a_model_worse_than_the_margin_passes_at_most_five_percent_of_the_time(metric):
    rng, runs, worse = np.random.default_rng(2), 200, 0.08
    rule = [Rule(tasks="q", rule="no_worse", margin=true_loss(metric, worse))]
    found = [decide(release(rng, metric, ["q"], 150, worse), rule).decision for _ in range(runs)]
    assert found.count("pass") <= at_most_in(runs, 0.05)


@pytest.mark.parametrize("metric", SIMULATED)
def test_the_samples_it_asks_for_decide_with_about_the_promised_power(metric):
    """A release that is as good as the base, and a margin that the first sample is too small for."""
    rng, margin = np.random.default_rng(3), {"f1_macro": 0.04, "bleu": 3.0}[metric]
    rule = [Rule(tasks="q", rule="no_worse", margin=margin)]
    asked = []
    while len(asked) < 8:
        first = decide(release(rng, metric, ["q"], 100, 0.0), rule).rules[0]
        if first.decision == "inconclusive" and abs(first.observed) < margin / 5:
            asked.append(100 + first.samples_needed)
    again = [decide(release(rng, metric, ["q"], int(np.mean(asked)), 0.0), rule).decision for _ in range(60)]
    low, high = scipy_stats.binom.ppf([0.001, 0.999], 60, 0.8)
    assert low - 8 <= again.count("pass") <= high + 8


@pytest.mark.parametrize("metric", SIMULATED)
def test_figures_that_are_no_accuracy_are_gated_like_any_other(metric):
    """NeMo Evaluator's `nel gate` decides on accuracy-like means alone."""
    rng, margin = np.random.default_rng(4), {"f1_macro": 0.06, "bleu": 5.0}[metric]
    rule = [Rule(tasks="q", rule="no_worse", margin=margin), Rule(tasks="q", rule="at_least", value=margin)]
    assert decide(release(rng, metric, ["q"], 600, 0.0), rule).decision == "pass"
    spoilt = decide(release(rng, metric, ["q"], 600, 0.3), rule)
    assert [one.decision for one in spoilt.rules] == ["fail", "pass"]
