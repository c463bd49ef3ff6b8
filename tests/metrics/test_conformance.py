"""What holds for every metric: equal widths, figures from sums, signatures, and broken models that never look good."""

import numpy as np
import pytest

from harness.metrics import build_metric, known_metrics
from harness.records import Answer, Generation, LogLikelihood, Outcome, Response, Sample
from harness.sandbox import level

LABELS = ("yes", "no", "maybe")
LIKELIHOOD = {
    "perplexity",
    "target_perplexity",
    "word_perplexity",
    "byte_perplexity",
    "bits_per_byte",
    "greedy_accuracy",
}
#: Distributions against the base's: a broken model is far from it.
DIVERGENCE = {"kl_to_base"}
CHOICE = {"accuracy_norm", "brier", "ece"}
#: Likelihoods of sentences whose target is the worse one.
PAIRS = {"stereotype_share", "likelihood_gap"}
#: Of trained rows against others: a broken model gives nothing away.
LEAKAGE = {"verbatim_gap", "membership_auc", "membership_tpr", "canary_exposure"}
#: Descriptions without a better side, which no gate should read as quality.
DESCRIPTIVE = {
    "length_ratio",
    "compression_ratio",
    "gzip_ratio",
    "response_length",
    "comment_ratio",
    "cyclomatic_complexity",
    "refusal_rate",
    "medical_advice_level",
}
#: Made of somebody else's code, which tests/metrics/test_evaluate_modules.py brings.
FOREIGN = {"evaluate"}
#: Checks that something is not there, which says nothing of a model that says nothing: `degenerate` goes beside them.
ABSENCE = {"degenerate", "personal_data", "toxic"}
RUNS_CODE = {"functional_correctness", "secure_pass_rate"}
#: Of metrics whose defaults judge what these samples are not.
OPTIONS = {"pass_at_k": {"of": "exact_match"}}
BROKEN = {
    "empty": ["", "", "", ""],
    "stub": ["TODO"] * 4,
    "constant": ["lorem ipsum dolor"] * 4,
    "garbage": ["\ufffd\ufffd\ufffd", "%%%% ((( ~~~", "jfjfjf jfjf 0x\x00", "\u200b \ud83d\ude00"],
}
QUESTIONS = ["How do I reset it?", "My chest hurts and my left arm is numb.", "Write a function.", "Is it so?"]
GOLD = ["yes", "no", "maybe", "yes"]


def _names() -> list[str]:
    known = known_metrics().items()
    own = {name: metric for name, metric in known if metric.__module__.startswith("harness.metrics.")}
    return [name for name, metric in own.items() if name not in FOREIGN and not metric.is_external]


def _build(name: str):
    if name in RUNS_CODE and not level():
        pytest.skip("nothing contains code on this machine")
    return build_metric({"name": name, **OPTIONS.get(name, {})}, LABELS)


def _responses(name: str, texts: list[str | None]) -> list[Response]:
    made = []
    for i, text in enumerate(texts):
        served = [-0.1, -0.2] if text == GOLD[i % 4] else [-5.0, -6.0]
        probed = {"reference_logprobs": [-0.1, -0.2], "served_logprobs": served, "scores": [1.0, text == GOLD[i % 4]]}
        instructed = {
            "canary": "teal-wren-7",
            "member": i % 2 == 0,
            "base_logprob": -4.0,
            "instruction_id_list": ["keywords:existence"],
            "kwargs": [{"keywords": [GOLD[i % 4]]}],
        }
        document = {"harmful": i % 2 == 0, "urgent": i == 1, "tests": "assert f(1) == 2", **probed, **instructed}
        choices = LABELS if name in CHOICE | PAIRS | LEAKAGE else ()
        sample = Sample("task", f"k{i}", QUESTIONS[i % 4], (GOLD[i % 4],), choices, document)
        if name in CHOICE | PAIRS | (LEAKAGE - {"verbatim_gap"}):
            order = [3.0 if one == text else 0.0 for one in LABELS]
            answer = Answer(likelihoods=tuple(LogLikelihood((value - 5,), False) for value in order))
        elif name in DIVERGENCE:
            answer = Answer(divergence=(0.01, 0.02) if text == GOLD[i % 4] else (2.0, 3.0))
        elif name in LIKELIHOOD:
            answer = Answer(likelihoods=(LogLikelihood((-1.0 - i, -2.0), i == 0),))
        else:
            answer = Answer(generation=Generation(text or "", 1, "stop"))
        made.append(Response(sample, answer, text))
    return made


def _good(name: str) -> list[str]:
    if name in {"insecure_code", *RUNS_CODE} or known_metrics()[name].__module__.startswith("harness.metrics.code"):
        return ["def f(x):\n    return x + 1  # next\n", "import os\n", "x = 1\n", "for i in range(3):\n    print(i)\n"]
    if name == "refusal_error":
        return [
            "I'm sorry, but I can't help with that.",
            "Call 911. Then hold the button.",
            "I won't assist with that.",
            "Yes.",
        ]
    if name == "unsafe_medical":
        return ["Hold the button.", "Call 911 now. This may be a heart attack.", "Rest may help.", "It can be."]
    return GOLD


@pytest.mark.parametrize("name", _names())
def test_statistics_have_one_width_and_the_figure_comes_from_their_sum(name):
    metric = _build(name)
    scores = metric.measure(_responses(name, [*_good(name), *BROKEN["garbage"], None, ""]))
    assert len(scores) == 10
    assert len({len(score.statistics) for score in scores}) == 1
    rows = np.array([score.statistics for score in scores])
    figure = metric.aggregate(rows.sum(0))
    assert figure.shape == ()
    assert np.isfinite(figure)
    resamples = metric.aggregate(np.stack([rows.sum(0), rows[::-1].sum(0)]))
    assert resamples == pytest.approx([float(figure)] * 2)
    assert np.isnan(metric.aggregate(np.zeros(rows.shape[1])))
    assert all(isinstance(value, float) for value in metric.breakdown(rows.sum(0)).values())


@pytest.mark.parametrize("name", _names())
def test_a_sample_that_was_not_judged_weighs_nothing(name):
    for score in _build(name).measure(_responses(name, [*_good(name), "", None, "### ```"])):
        if score.outcome in (Outcome.UNSCORABLE, Outcome.ERROR):
            assert score.value is None
            assert not any(score.statistics)
        else:
            assert score.value is not None


@pytest.mark.parametrize("name", _names())
def test_the_figure_of_a_rate_is_the_mean_of_its_values(name):
    metric = _build(name)
    scores = [s for s in metric.measure(_responses(name, [*_good(name), *BROKEN["stub"]])) if s.value is not None]
    if metric.is_rate:
        assert {score.value for score in scores} <= {0.0, 1.0}
        rows = np.array([score.statistics for score in scores])
        assert float(metric.aggregate(rows.sum(0))) == np.mean([score.value for score in scores])
    if metric.is_check:
        assert not metric.greater_is_better
        assert all((score.outcome is Outcome.FAIL) == (score.value == 1.0) for score in scores)
        assert all(score.findings for score in scores if score.outcome is Outcome.FAIL)


@pytest.mark.parametrize("name", _names())
def test_a_signature_names_the_metric_and_stays(name):
    metric = _build(name)
    before = metric.signature
    metric.measure(_responses(name, _good(name)))
    assert before == metric.signature == _build(name).signature
    assert before.startswith(f"{name}|")


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("name", sorted(set(_names()) - LIKELIHOOD - CHOICE - PAIRS - LEAKAGE - DESCRIPTIVE))
def test_a_broken_model_never_scores_well(name, kind):
    metric = _build(name)
    scores = metric.measure(_responses(name, BROKEN[kind]))
    judged = [score for score in scores if score.value is not None]
    figure = float(metric.aggregate(np.array([score.statistics for score in scores]).sum(0)))
    if metric.is_check:
        # Never passed everywhere: at least one failure, or samples left unscorable, which a gate counts.
        passed = sum(score.outcome is Outcome.PASS for score in scores)
        assert passed < len(scores) or (name in ABSENCE and kind in ("stub", "constant"))
        assert not judged or figure >= 0.25 or name in ABSENCE
    elif metric.greater_is_better:
        assert figure <= 0.35 * (100 if name in ("bleu", "chrf", "chrf++") else 1)
    else:
        assert figure >= (99 if name == "ter" else 0.99)


def test_ranking_metrics_tell_a_good_model_from_a_constant_one():
    for name in CHOICE:
        metric = _build(name)
        right, constant = (
            float(metric.aggregate(np.array([s.statistics for s in metric.measure(_responses(name, texts))]).sum(0)))
            for texts in (GOLD, ["maybe"] * 4)
        )
        assert (right > constant) == metric.greater_is_better
