"""Lengths, compression and terms: what they count, and what they refuse."""

import gzip

import pytest

from harness.metrics import build_metric
from harness.records import InputError, Outcome
from tests.metrics.helpers import figure, said


def test_compression_is_words_of_sources_over_words_of_answers():
    metric = build_metric({"name": "compression_ratio", "source": "article"})
    responses = [
        said("two words", document={"article": "a b c d"}),
        said("one", document={"article": "a b c d e"}),
        said(" ", document={"article": "a b c d e"}),
    ]
    scores = metric.measure(responses)
    assert [score.value for score in scores] == [2.0, 5.0, None]
    assert scores[2].outcome is Outcome.UNSCORABLE
    assert figure(metric, responses) == 9 / 3
    assert figure(build_metric("compression_ratio"), [said("a b", prompt="a b c d")]) == 2.0
    with pytest.raises(InputError, match="no text in field 'article'"):
        metric.measure([said("a")])


def test_gzip_ratio_is_gzips_and_tells_a_loop_from_prose():
    prose = "Owls hunt at night, hear well and fly without a sound over fields and hedges."
    loop = "Owls hunt. " * 7
    values = [score.value for score in build_metric("gzip_ratio").measure([said(prose), said(loop)])]
    assert values == [len(text.encode()) / len(gzip.compress(text.encode(), 9, mtime=0)) for text in (prose, loop)]
    assert values[1] > 1.5 * values[0]


def test_a_term_counts_as_a_whole_word_of_any_case_where_a_reference_calls_for_it():
    metric = build_metric({"name": "terminology_usage", "terms": ["renal failure", "C++", "stent"]})
    scores = metric.measure(
        [
            said("Renal  failure? renal failure.", "renal failure, a stent"),
            said("stents", "a stent"),
            said("C++", "in C++ only"),
            said("stent", "nothing of this"),
        ]
    )
    assert [score.value for score in scores] == [0.5, 0.0, 1.0, None]
    assert scores[0].extracted == "renal failure"


def test_terms_may_stand_in_the_data_and_bad_ones_are_named():
    metric = build_metric({"name": "terminology_usage", "field": "glossary"})
    assert figure(metric, [said("the valve", document={"glossary": ["valve", "pump"]})]) == 0.5
    with pytest.raises(InputError, match="no list in field 'glossary'"):
        metric.measure([said("a")])
    for options in ({}, {"terms": ["a"], "field": "b"}, {"terms": [" "]}, {"terms": ["x" * 201]}):
        with pytest.raises(InputError, match="terminology_usage"):
            build_metric({"name": "terminology_usage", **options})


def test_signatures_of_different_vocabularies_differ():
    one, other = (build_metric({"name": "terminology_usage", "terms": [term]}) for term in ("a", "b"))
    assert one.signature != other.signature
