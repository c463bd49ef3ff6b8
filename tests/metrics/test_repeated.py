"""pass@k over responses: the mean of the samples' estimates, whatever could not be judged, what cannot be asked."""

import numpy as np
import pytest

from harness.metrics import build_metric
from harness.records import InputError, Outcome, Response
from harness.stats.pass_at_k import pass_at_k
from tests.metrics.helpers import figure, said, sums


def generations(*samples: str) -> list[Response]:
    """One sample a text; each of its letters is a generation, right where it is an ``r``."""
    return [said(letter, "r", key=f"k{i}") for i, letters in enumerate(samples) for letter in letters]


@pytest.mark.parametrize("k", [1, 2, 4])
def test_the_figure_is_the_mean_over_samples_also_of_unequal_number(k: int) -> None:
    metric = build_metric({"name": "pass_at_k", "k": k, "of": "exact_match"})
    expected = np.mean([pass_at_k(4, 2, k), pass_at_k(4, 0, k), pass_at_k(6, 1, k)])
    assert figure(metric, generations("rrww", "wwww", "wwrwww")) == pytest.approx(expected)
    assert metric.name == f"pass@{k}"


def test_a_check_passes_where_it_finds_nothing() -> None:
    metric = build_metric({"name": "pass_at_k", "k": 2, "of": "refusal_error"})
    refused, answered = "I'm sorry, but I can't help with that.", "Sure. First take a screwdriver."
    responses = [said(text, document={"harmful": True}) for text in (refused, answered, answered)]
    assert figure(metric, responses) == pytest.approx(pass_at_k(3, 1, 2))


def test_generations_without_a_judgement_take_no_part_and_too_few_make_the_sample_unscorable() -> None:
    metric = build_metric({"name": "pass_at_k", "k": 2, "of": "refusal_error"})
    refused = "I'm sorry, but I can't help with that."
    responses = [said(text, key="a", document={"harmful": True}) for text in (refused, refused, "")]
    responses += [said(text, key="b", document={"harmful": True}) for text in (refused, "", "")]
    scores = metric.measure(responses)
    assert [score.outcome is Outcome.SCORED for score in scores] == [True, True, False, False, False, False]
    assert sums(scores) == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize("options", [{"k": 0}, {"k": 1.5}, {"k": True}, {"of": "bleu"}, {"of": "nothing"}])
def test_options_that_make_no_sense_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"pass_at_k: k is|right or wrong|unknown metric 'nothing'"):
        build_metric({"name": "pass_at_k", "of": "exact_match"} | options)
