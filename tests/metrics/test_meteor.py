"""METEOR equals nltk's, on corner cases and on real translations and summaries."""

import json

import pytest
from nltk.stem.porter import PorterStemmer
from nltk.tokenize import NLTKWordTokenizer
from nltk.translate.meteor_score import meteor_score

from harness.metrics import build_metric
from harness.records import InputError
from tests.metrics.helpers import said


class _NoWordNet:
    def synsets(self, word):
        return []


def _nltk(text, references, **parameters):
    words = NLTKWordTokenizer()
    wanted = [words.tokenize(one) for one in references]
    return meteor_score(wanted, words.tokenize(text), stemmer=PorterStemmer(), wordnet=_NoWordNet(), **parameters)


@pytest.mark.parametrize("parameters", [{}, {"alpha": 0.5, "beta": 1.0, "gamma": 0.2}])
def test_values_equal_nltks(parameters):
    pairs = [
        ("The cats sat on the mat.", ["the cat sits on a mat.", "a dog"]),
        ("", ["a"]),
        ("a", [""]),
        ("the the the cat", ["cat the"]),
        ("It's 3.14 (running)", ["its 3.14 runs"]),
    ]
    scores = build_metric({"name": "meteor", **parameters}).measure([said(text, *refs) for text, refs in pairs])
    assert [score.value for score in scores] == [_nltk(text, refs, **parameters) for text, refs in pairs]


def test_real_translations_and_summaries_score_as_with_nltk(shared):
    lines = (shared / "data" / "wmt17_en_de" / "systems.jsonl").read_text().splitlines()[:300]
    pairs = [(row["FBK"], [row["reference"]]) for row in map(json.loads, lines)]
    documents = json.loads((shared / "data" / "summeval" / "summeval_half.json").read_text())
    for one in list(documents.values())[:10]:
        pairs += [(summary["sys_summ"], one["ref_summs"]) for summary in list(one["sys_summs"].values())[:3]]
    scores = build_metric("meteor").measure([said(text, *refs) for text, refs in pairs])
    assert [score.value for score in scores] == [_nltk(text, refs) for text, refs in pairs]


def test_synonyms_need_wordnet_and_the_signature_says_whether_they_count():
    assert "|synonyms:none|" in build_metric("meteor").signature
    try:
        metric = build_metric({"name": "meteor", "synonyms": True})
    except InputError as error:
        assert "WordNet is not installed" in error.what
    else:
        assert "|synonyms:wordnet|" in metric.signature
