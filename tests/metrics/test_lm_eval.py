"""Figures and filters of lm-evaluation-harness equal its own, on any text and any ranking."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lm_eval.api import metrics as their_metrics
from lm_eval.filters import build_filter_ensemble
from lm_eval.utils import softmax

from harness.metrics import build_metric
from harness.metrics.lm_eval import GOLD, METRICS, Pipeline, apply_pipeline
from harness.records import Answer, Generation, InputError, LogLikelihood, Response, Sample

CHOICES = ["Guilty", "Guilty of Romance.", "no", "42"]
FILTERS: dict[str, list[dict[str, Any]]] = {
    "last number": [{"function": "regex", "regex_pattern": r"(-?[$0-9.,]{2,})|(-?[0-9]+)", "group_select": -1}],
    "after hashes": [{"function": "regex"}, {"function": "take_first"}],
    "word": [{"function": "lowercase"}, {"function": "regex", "regex_pattern": r"\bno\b", "fallback": "none"}],
    "stripped": [{"function": "remove_whitespace"}, {"function": "uppercase"}, {"function": "take_first"}],
    "vote": [{"function": "majority_vote"}, {"function": "take_first"}],
    "table": [{"function": "map", "mapping_dict": {"no": "0"}, "default_value": "1"}, {"function": "take_first"}],
}
LETTER = [
    {
        "function": "multi_choice_regex",
        "regex_pattern": r"\(([A-D])\)",
        "group_select": -1,
        "ignore_case": True,
        "ignore_punctuation": True,
        "regexes_to_ignore": ["the "],
    }
]
TEXTS = st.lists(
    st.sampled_from(
        ["#### ", "12", "-3,456.7", "no", " ", "\n", "(B)", ": C", "guilty of the romance", "$", "«é»", "."]
    )
).map("".join) | st.text(max_size=30)


@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("name", FILTERS)
@given(text=TEXTS)
def test_filters_read_what_lm_eval_reads(name: str, text: str) -> None:
    assert_read_alike(FILTERS[name], text)


@pytest.mark.parametrize(
    "text",
    ["(A) or (B)", "The guilty, of Romance", "guilty", "Answer: D", "answer:\n\tB, C", "", "(E)", "42!", "«no»", ": E"],
)
def test_the_letter_of_a_choice_is_read_as_lm_eval_reads_it(text: str) -> None:
    assert_read_alike(LETTER, text)


def assert_read_alike(steps: list[dict[str, Any]], text: str) -> None:
    instance = SimpleNamespace(resps=[text], doc={"choices": CHOICES}, filtered_resps={})
    kwargs = [[step["function"], {key: value for key, value in step.items() if key != "function"}] for step in steps]
    build_filter_ensemble("one", kwargs).apply([instance])  # type: ignore[arg-type]
    there = instance.filtered_resps["one"]
    here = apply_pipeline(Pipeline.validate_python(steps), text, {"choices": CHOICES})
    assert here == (there[0] if isinstance(there, list) else there)


def ranked(gold: list[int], totals: list[float]) -> Response:
    choices = tuple(f"c{at}" for at in range(len(totals)))
    answer = Answer(likelihoods=tuple(LogLikelihood((one,), one == max(totals)) for one in totals))
    return Response(Sample("t", "k", "q", choices[:1], choices, {GOLD: gold}), answer, choices[0])


def figure(metric: str, responses: list[Response]) -> float:
    built = build_metric({"name": "lm_eval", "metric": metric, "output": "multiple_choice"})
    return float(built.aggregate(np.array([score.statistics for score in built.measure(responses)]).sum(0)))


@settings(max_examples=40, deadline=None)
@given(
    st.integers(2, 4).flatmap(
        lambda size: st.lists(
            st.tuples(st.integers(0, size - 1), st.lists(st.floats(-9, 0), min_size=size, max_size=size)), min_size=2
        )
    )
)
def test_figures_of_choices_equal_lm_evals(rows: list[tuple[int, list[float]]]) -> None:
    responses = [ranked([gold], totals) for gold, totals in rows]
    pairs = [(gold, int(np.argmax(totals))) for gold, totals in rows]
    assert figure("mcc", responses) == pytest.approx(their_metrics.matthews_corrcoef(pairs), abs=1e-12)
    brier = their_metrics.brier_score([(gold, softmax(totals)) for gold, totals in rows])
    assert figure("brier_score", responses) == pytest.approx(brier)
    if len(rows[0][1]) == 2:
        assert figure("f1", responses) == pytest.approx(their_metrics.f1_score(pairs))


def test_a_row_without_a_right_choice_is_wrong_and_where_that_has_no_meaning_refused() -> None:
    response = ranked([], [-1.0, -2.0])
    assert figure("acc", [response]) == figure("exact_match", [response]) == 0
    for metric in ("f1", "mcc", "brier_score"):
        with pytest.raises(InputError, match="0 right choices"):
            figure(metric, [response])
    with pytest.raises(InputError, match="exactly two choices"):
        figure("f1", [ranked([1], [-1.0, -2.0, -3.0])])


@pytest.mark.parametrize("metric", METRICS["generate_until"])
@pytest.mark.parametrize("text", ["", "TODO", "lorem ipsum dolor", "\ufffd\ufffd"])
def test_a_broken_model_gets_nothing_from_text_metrics(metric: str, text: str) -> None:
    built = build_metric({"name": "lm_eval", "metric": metric, "filters": FILTERS["after hashes"]})
    sample = Sample("t", "k", "q", ("nine sheep and a dog",))
    scores = built.measure([Response(sample, Answer(generation=Generation(text, 3, "stop")), None)])
    value = float(built.aggregate(np.array(scores[0].statistics)))
    assert value >= 100 if metric == "ter" else value < 12
    assert scores[0].extracted is None


def test_unknown_metrics_and_options_are_refused() -> None:
    with pytest.raises(InputError, match="'accc' is unknown for output multiple_choice; did you mean 'acc'"):
        figure("accc", [])
    with pytest.raises(InputError, match="does not take these options"):
        build_metric({"name": "lm_eval", "metric": "exact_match", "options": {"lower": True}})


def test_a_pattern_that_blows_up_is_stopped() -> None:
    built = build_metric({"name": "exact_match", "regexes_to_ignore": [r"(a|aa)+$"]})
    response = Response(Sample("t", "k", "q", ("b",)), Answer(generation=Generation("", 1, "stop")), "a" * 5000 + "b")
    with pytest.raises(InputError, match="takes more than 1 s on one text; make it simpler"):
        built.measure([response])
    with pytest.raises(InputError, match="is not a regular expression"):
        build_metric({"name": "exact_match", "regexes_to_ignore": ["("]})
