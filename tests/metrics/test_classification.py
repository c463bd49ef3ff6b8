"""Classification figures equal scikit-learn's, and what cannot be read is wrong and shown."""

import numpy as np
import pytest
from sklearn import metrics as sk

from harness.metrics import build_metric
from harness.records import InputError
from tests.metrics.helpers import figure, ranked, said, sums

LABELS = ("ham", "spam", "eggs", "toast")


def _answers(seed: int, labels: tuple[str, ...] = LABELS, size: int = 300) -> tuple[list[str], list[str]]:
    random = np.random.default_rng(seed)
    weights = np.arange(1, len(labels) + 1) / np.arange(1, len(labels) + 1).sum()
    gold = random.choice(labels, size=size, p=weights)
    answers = np.where(random.random(size) < 0.6, gold, random.choice([*labels, "nonsense"], size=size))
    return gold.tolist(), answers.tolist()


REFERENCES = {
    ("accuracy", None): sk.accuracy_score,
    ("f1", None): lambda g, p, known: sk.f1_score(g, p, labels=known, average="macro", zero_division=0),
    ("f1_macro", None): lambda g, p, known: sk.f1_score(g, p, labels=known, average="macro", zero_division=0),
    ("f1_micro", None): lambda g, p, known: sk.f1_score(g, p, labels=known, average="micro", zero_division=0),
    ("f1_weighted", None): lambda g, p, known: sk.f1_score(g, p, labels=known, average="weighted", zero_division=0),
    ("f1", "spam"): lambda g, p, known: sk.f1_score(g, p, labels=["spam"], average=None, zero_division=0)[0],
    ("precision", "macro"): lambda g, p, known: sk.precision_score(
        g, p, labels=known, average="macro", zero_division=0
    ),
    ("precision", "weighted"): lambda g, p, known: sk.precision_score(
        g, p, labels=known, average="weighted", zero_division=0
    ),
    ("recall", "macro"): lambda g, p, known: sk.recall_score(g, p, labels=known, average="macro", zero_division=0),
    ("recall", "micro"): lambda g, p, known: sk.recall_score(g, p, labels=known, average="micro", zero_division=0),
    ("balanced_accuracy", None): sk.balanced_accuracy_score,
    ("mcc", None): sk.matthews_corrcoef,
}


@pytest.mark.filterwarnings("ignore:y_pred contains classes")
@pytest.mark.parametrize("labels", [LABELS, tuple(f"intent {i}" for i in range(30))], ids=["cells", "margins"])
@pytest.mark.parametrize(("name", "average"), REFERENCES)
def test_figures_equal_scikit_learn_with_unparsed_answers_among_them(name, average, labels):
    average = labels[1] if average == "spam" else average
    metric = build_metric({"name": name} | ({"average": average} if average else {}), labels)
    for seed in range(5):
        gold, answers = _answers(seed, labels)
        reference = REFERENCES[name, "spam" if average == labels[1] else average]
        if reference.__name__ != "<lambda>":
            expected = reference(gold, answers)
        elif average == labels[1]:
            expected = sk.f1_score(gold, answers, labels=[average], average=None, zero_division=0)[0]
        else:
            expected = reference(gold, answers, sorted((set(gold) | set(answers)) - {"nonsense"}))
        responses = [said(answer, wanted) for wanted, answer in zip(gold, answers, strict=True)]
        assert figure(metric, responses) == pytest.approx(expected, abs=1e-14)


def test_a_label_that_never_occurs_takes_no_part_as_in_scikit_learn():
    metric = build_metric("f1_macro", LABELS)
    assert figure(metric, [said("ham", "ham"), said("spam", "spam")]) == 1.0


def test_unparsed_answers_are_wrong_and_counted():
    for name in ("accuracy", "f1_macro"):
        metric = build_metric(name, LABELS)
        scores = metric.measure([said("Ham.", "ham"), said("I cannot say", "spam"), said(None, "spam")])
        assert [score.extracted for score in scores] == ["ham", None, None]
        assert [score.value for score in scores] == [1.0, 0.0, 0.0]
        assert metric.breakdown(sums(scores))["unparsed"] == 2


def test_breakdown_shows_classes_and_confusions():
    metric = build_metric("f1_macro", LABELS)
    parts = metric.breakdown(sums(metric.measure([said("ham", "ham"), said("ham", "spam"), said("?!x", "eggs")])))
    assert parts["precision[ham]"] == 0.5
    assert parts["recall[spam]"] == 0.0
    assert parts["confusion[spam -> ham]"] == 1
    assert parts["confusion[eggs -> (unparsed)]"] == 1


def test_a_gold_label_that_the_task_does_not_know_names_the_sample():
    for name in ("accuracy", "mcc"):
        with pytest.raises(InputError, match="sample row7 has the label 'beans'"):
            build_metric(name, LABELS).measure([said("ham", "beans", key="row7")])


def test_labels_that_differ_in_case_only_are_not_confused():
    metric = build_metric("accuracy", ("a", "A"))
    assert [score.value for score in metric.measure([said("a", "A"), said(" A", "A")])] == [0.0, 1.0]


def test_a_metric_of_labels_needs_labels():
    with pytest.raises(InputError, match="at least two labels"):
        build_metric("f1_macro")
    with pytest.raises(InputError, match="average is 'makro'"):
        build_metric({"name": "f1", "average": "makro"}, LABELS)


def test_choices_are_ranked_by_sum_by_characters_and_by_bytes():
    response = ranked((" yes", " certainly not", " größer"), (-3.0, -4.0, -3.6), " certainly not")
    totals = np.array([-3.0, -4.0, -3.6])
    lengths = {"characters": np.array([3, 13, 6]), "bytes": np.array([3, 13, 8])}
    assert figure(build_metric("accuracy"), [response]) == float(np.argmax(totals) == 1) == 0.0
    for by, length in lengths.items():
        metric = build_metric({"name": "accuracy_norm", "by": by})
        assert figure(metric, [response]) == float(np.argmax(totals / length) == 1) == 1.0


def test_resamples_are_computed_at_once():
    metric = build_metric("f1_macro", LABELS)
    gold, answers = _answers(0)
    rows = np.array([s.statistics for s in metric.measure([said(a, g) for g, a in zip(gold, answers, strict=True)])])
    picks = np.random.default_rng(1).integers(0, len(rows), (7, len(rows)))
    together = metric.aggregate(rows[picks].sum(1))
    assert together.tolist() == [float(metric.aggregate(rows[pick].sum(0))) for pick in picks]
