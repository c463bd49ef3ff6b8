"""Text metrics equal sacrebleu, evaluate's exact match and SQuAD's scorer to the last digit."""

import json
import re
import string
from collections import Counter

import numpy as np
import pytest
from lm_eval.api.metrics import exact_match_hf_evaluate
from sacrebleu.metrics import BLEU, CHRF, TER

from harness.metrics import build_metric
from harness.records import InputError
from tests.metrics.helpers import figure, said, sums

HARD = [
    ("the cat sat on the mat .", ("the cat sat on the mat .", "a cat was on the mat")),
    ("", ("something is missing",)),
    ("hello", ("hello",)),
    ("Completely different words here", ("nothing shared at all", "")),
    ("The, the (THE) the's \u201equoted\u201c 3.14 10%!", ("the the, 3.14 10 % !", "The the's quoted", "x")),
    ("ein sehr langer Satz , der gar nicht endet , und endet doch", ("ein langer Satz , der endet",)),
    ("\n", ("a", "b c")),
]
SCORERS = {
    "bleu": [
        ({}, BLEU()),
        ({"tokenize": "none", "lowercase": True}, BLEU(tokenize="none", lowercase=True)),
        ({"tokenize": "char"}, BLEU(tokenize="char")),
        ({"smooth": "floor"}, BLEU(smooth_method="floor")),
        ({"smooth": "add-k"}, BLEU(smooth_method="add-k")),
        ({"smooth": "none", "max_order": 2}, BLEU(smooth_method="none", max_ngram_order=2)),
    ],
    "chrf": [
        ({}, CHRF()),
        ({"word_order": 2, "lowercase": True}, CHRF(word_order=2, lowercase=True)),
        ({"beta": 3, "char_order": 4}, CHRF(beta=3, char_order=4)),
    ],
    "chrf++": [({}, CHRF(word_order=2))],
    "ter": [({}, TER()), ({"normalized": True, "case_sensitive": True}, TER(normalized=True, case_sensitive=True))],
}
CASES = [(name, options, scorer) for name, several in SCORERS.items() for options, scorer in several]


def _corpus_score(scorer, pairs):
    width = max(len(references) for _, references in pairs)
    streams = [[r[i] if i < len(r) else None for _, r in pairs] for i in range(width)]
    return scorer.corpus_score([hypothesis for hypothesis, _ in pairs], streams).score


@pytest.mark.parametrize(("name", "options", "scorer"), CASES)
def test_corpus_figures_and_signatures_equal_sacrebleu(name, options, scorer):
    metric = build_metric({"name": name, **options})
    for pairs in (HARD, HARD[:1], HARD[1:2], HARD[2:3], HARD[3:4], HARD[:3], HARD[3:]):
        ours = figure(metric, [said(text, *references) for text, references in pairs])
        assert ours == pytest.approx(_corpus_score(scorer, pairs), abs=1e-9)
        assert str(scorer.get_signature()) in metric.signature


@pytest.mark.parametrize(("name", "options", "scorer"), CASES)
def test_sentence_values_equal_sacrebleu(name, options, scorer):
    if name == "bleu":
        scorer = BLEU(
            effective_order=True,
            lowercase=scorer.lowercase,
            tokenize=options.get("tokenize"),
            smooth_method=scorer.smooth_method,
            max_ngram_order=scorer.max_ngram_order,
        )
    scores = build_metric({"name": name, **options}).measure([said(text, *references) for text, references in HARD])
    expected = [scorer.sentence_score(text, list(references)).score for text, references in HARD]
    assert [score.value for score in scores] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", ["bleu", "chrf", "ter"])
def test_real_translations_and_their_resamples_equal_sacrebleu(name, shared):
    rows = [json.loads(line) for line in (shared / "data" / "wmt17_en_de" / "systems.jsonl").read_text().splitlines()]
    system = next(key for key in rows[0] if key not in ("reference", "ref", "source", "id"))
    reference = "reference" if "reference" in rows[0] else "ref"
    rows = rows[: 150 if name == "ter" else 1000]
    options = {"tokenize": "none"} if name == "bleu" else {}
    scorer = {"bleu": BLEU(tokenize="none"), "chrf": CHRF(), "ter": TER()}[name]
    pairs = [(row[system], (row[reference],)) for row in rows]
    metric = build_metric({"name": name, **options})
    statistics = np.array([s.statistics for s in metric.measure([said(text, *refs) for text, refs in pairs])])
    picks = np.random.default_rng(0).integers(0, len(rows), (2, min(len(rows), 200)))
    figures = metric.aggregate(np.stack([statistics.sum(0), *statistics[picks].sum(1)]))
    expected = [_corpus_score(scorer, pairs), *(_corpus_score(scorer, [pairs[i] for i in pick]) for pick in picks)]
    assert figures == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("flag", ["", "ignore_case", "ignore_punctuation", "ignore_numbers", "regexes_to_ignore"])
def test_exact_match_equals_evaluate(flag):
    pairs = [("Yes.", "yes"), ("yes", "yes"), ("a 1", "a 2"), (" yes", "yes"), ("the end", "end"), ("", "")]
    options = {flag: ["the "] if flag == "regexes_to_ignore" else True} if flag else {}
    expected = exact_match_hf_evaluate([p for p, _ in pairs], [r for _, r in pairs], **options)["exact_match"]
    assert figure(build_metric({"name": "exact_match", **options}), [said(*pair) for pair in pairs]) == expected


def _squad(text: str) -> str:
    text = "".join(one for one in text.lower() if one not in set(string.punctuation))
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def _squad_f1(prediction: str, truth: str) -> float:
    """SQuAD 1.1's evaluate-v1.1.py, transcribed."""
    found, wanted = _squad(prediction).split(), _squad(truth).split()
    same = sum((Counter(found) & Counter(wanted)).values())
    if same == 0:
        return 0.0
    precision, recall = 1.0 * same / len(found), 1.0 * same / len(wanted)
    return (2 * precision * recall) / (precision + recall)


def test_token_f1_equals_squads_scorer():
    metric = build_metric("token_f1")
    scores = metric.measure([said(text, *references) for text, references in HARD])
    assert [s.value for s in scores] == [max(_squad_f1(t, one) for one in refs) for t, refs in HARD]


def test_squads_exact_match_equals_its_scorer():
    metric = build_metric("squad_exact_match")
    pairs = [*HARD, ("The  Cat!", ("a cat",)), ("cats", ("cat",)), ("...", ("",))]
    scores = metric.measure([said(text, *references) for text, references in pairs])
    assert [s.value for s in scores] == [float(any(_squad(t) == _squad(one) for one in refs)) for t, refs in pairs]


@pytest.mark.parametrize("name", ["exact_match", "squad_exact_match"])
def test_an_answer_in_which_nothing_was_found_is_wrong_and_counted(name):
    metric = build_metric(name)
    scores = metric.measure([said("a", "a"), said("b", "a"), said(None, "a"), said(None, "")])
    assert float(metric.aggregate(sums(scores))) == 0.25
    assert metric.breakdown(sums(scores)) == {"unparsed": 2.0}
    assert metric.breakdown(sums(scores[:2])) == {}


def test_length_ratio_is_of_sums():
    assert figure(build_metric("length_ratio"), [said("a b c", "a"), said("", "a b c")]) == 3 / 4


def test_bad_options_and_missing_references_are_named():
    with pytest.raises(InputError, match="unknown tokenizer '14a'"):
        build_metric({"name": "bleu", "tokenize": "14a"})
    with pytest.raises(InputError, match="sample k has no reference, which chrf needs"):
        build_metric("chrf").measure([said("text")])


def test_no_sample_gives_no_figure():
    for name in SCORERS:
        metric = build_metric(name)
        width = len(sums(metric.measure([said("a", "a")])))
        assert np.isnan(metric.aggregate(np.zeros(width)))
