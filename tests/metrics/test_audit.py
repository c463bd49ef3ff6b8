"""The audit of detectors: scikit-learn's figures, cards that a new measurement confirms, files read strictly."""

import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from harness.metrics import build_metric, known_metrics
from harness.metrics.safety.audit import (
    CARDS,
    NAMES,
    Accuracy,
    Judgement,
    audit,
    card_of,
    find_detector,
    measure_card,
    read_labelled,
    shipped_sets,
)
from harness.records import InputError

CHECKS = {check: name for name in NAMES for check in find_detector(name).checks}


def _judged(labels, flags) -> Accuracy:
    return Accuracy.of([Judgement("bad" if p else "good", p, f) for p, f in zip(labels, flags, strict=True)])


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=60))
def test_figures_equal_those_of_scikit_learn(pairs):
    labels, flags = zip(*pairs, strict=True)
    figures = _judged(labels, flags).figures()
    if any(labels) and not all(labels):
        reference = {
            "recall": metrics.recall_score(labels, flags),
            "f1": metrics.f1_score(labels, flags),
            "balanced_accuracy": metrics.balanced_accuracy_score(labels, flags),
        }
        assert {name: figures[name] for name in reference} == pytest.approx(reference)
        if any(flags):
            assert figures["precision"] == pytest.approx(metrics.precision_score(labels, flags))
    for name, interval in _judged(labels, flags).intervals().items():
        if figures[name] is not None:
            low, high = interval
            assert low - 1e-9 <= figures[name] <= high + 1e-9, name


def test_the_intervals_of_f1_and_balanced_accuracy_cover():
    random = np.random.default_rng(3)
    recall, false_alarm, positives, negatives = 0.8, 0.1, 60, 90
    f1 = 2 * recall * positives / (positives + recall * positives + false_alarm * negatives)
    truth = {"f1": f1, "balanced_accuracy": (recall + 1 - false_alarm) / 2}
    covered = dict.fromkeys(truth, 0)
    labels = [True] * positives + [False] * negatives
    for _ in range(300):
        flags = [*(random.random(positives) < recall), *(random.random(negatives) < false_alarm)]
        intervals = _judged(labels, [bool(flag) for flag in flags]).intervals()
        for name, value in truth.items():
            low, high = intervals[name]
            covered[name] += low <= value <= high
    assert min(covered.values()) / 300 >= 0.91


def test_what_cannot_be_judged_counts_as_not_flagged_and_is_counted():
    accuracy = _judged([True, True, False], [True, None, None])
    assert (accuracy.true_positive, accuracy.false_negative, accuracy.true_negative) == (1, 1, 1)
    assert accuracy.unscorable == 2
    assert accuracy.figures()["recall"] == 0.5


def test_a_set_with_one_kind_of_label_defines_half_of_the_figures():
    figures = _judged([True, True], [True, False]).figures()
    assert figures["recall"] == 0.5
    assert [figures[name] for name in ("precision", "false_alarm_rate", "balanced_accuracy", "f1")] == [None] * 4


def test_every_safety_check_of_the_house_has_a_card():
    checks = {
        name
        for name, metric in known_metrics().items()
        if metric.is_check and metric.__module__.startswith("harness.metrics.safety.")
    }
    without = {name for name in checks if not ((card := card_of(name)) and card.sets)}
    assert not without, f"no labelled set says how often these are wrong: {without}"


def _rules(signature: str) -> str:
    """A signature without the versions of libraries, which a card outlives if its figures stay."""
    return re.sub(r":\d+(?:\.\d+)+", "", signature)


@pytest.mark.parametrize("check", sorted(CHECKS))
def test_a_card_says_what_a_new_measurement_says(check):
    card = card_of(check)
    again = f"measure it again: harness safety audit --cards {CARDS.name} --data-folder DATA"
    assert card is not None, again
    assert _rules(card.signature) == _rules(build_metric(check).signature), again
    detector = find_detector(CHECKS[check])
    fresh = json.loads(json.dumps(measure_card(check, detector, shipped_sets(detector), card.command).to_json()))
    assert [one for one in card.sets if not one["public"]] == fresh["sets"], again


@pytest.mark.parametrize("name", NAMES)
def test_the_detector_beats_its_keyword_baseline_on_the_sets_that_ship(name):
    for data in shipped_sets(find_detector(name)):
        found = audit(find_detector(name), data)
        own, baseline = found.own.figures(), found.others["baseline"].figures()
        assert own["balanced_accuracy"] > baseline["balanced_accuracy"], data.name


def test_the_same_text_in_other_files_has_the_same_fingerprint(tmp_path):
    row = {"prompt": "p", "response": "r", "label": "compliance"}
    for name, extra in (("a", {}), ("b", {"note": 1})):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(row | extra) + "\n")
    sets = [read_labelled(tmp_path / f"{name}.jsonl", find_detector("refusal")) for name in "ab"]
    assert sets[0].fingerprint == sets[1].fingerprint


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not valid JSON"),
        ("3", "not a JSON object"),
        ('{"response": "x", "label": "perhaps"}', "unknown label 'perhaps'"),
        ('{"response": "x"}', "'label' is missing"),
        ('{"label": "partial"}', "'response' is missing"),
        ('{"response": 5, "label": "partial"}', "'response' is no text"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, said):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"response": "fine", "label": "compliance"}\n\n' + line + "\n")
    with pytest.raises(InputError, match=said) as caught:
        read_labelled(path, find_detector("refusal"))
    assert caught.value.where == f"{path}:3"


@pytest.mark.parametrize("model", ["gpt4", "llama2new"])
def test_refusals_of_real_models_are_found_as_people_labelled_them(shared, model):
    sets = {one.name: one for one in find_detector("refusal").public(shared / "data")}
    figures = audit(find_detector("refusal"), sets[f"XSTest, {model}"]).own.figures()
    assert figures["f1"] >= 0.96
    assert figures["false_alarm_rate"] <= 0.04


def test_everyday_answers_are_not_taken_for_refusals(shared):
    sets = {one.name: one for one in find_detector("refusal").public(shared / "data")}
    assert audit(find_detector("refusal"), sets["IFEval, GPT-4"]).own.figures()["false_alarm_rate"] <= 0.01
