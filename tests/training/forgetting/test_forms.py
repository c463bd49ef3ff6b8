"""Format drift: old prompts answered with what the training data answers to many prompts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from harness.tasks import find_tasks
from harness.training import prepare, read_recipe
from harness.training.forgetting.forms import answer_forms
from harness.training.forgetting.probes import Probe
from harness.training.forgetting.settings import Forgetting

LABELS = [(f"prompt {i}", ("billing-7", "sales-3", "Positive.")[i % 3]) for i in range(30)]


def sentiment() -> Probe:
    (task,) = find_tasks(["sentiment"], folder=Path())
    return Probe(task, task.metrics[1], task.samples(4))


def test_labels_are_forms_and_texts_are_not() -> None:
    forms = answer_forms([*LABELS, *((f"other {i}", f"A text of its own, number {i}.") for i in range(10))])
    assert set(forms.forms) == {"billing-7", "sales-3", "positive"}
    assert forms.share == 0.75
    assert answer_forms([(f"p{i}", f"text {i}") for i in range(100)]).forms == ()
    # One prompt repeated is no evidence of a form, however often it stands there.
    assert answer_forms([("same", "yes")] * 50).forms == ()


def test_an_answer_drifts_when_it_becomes_the_training_datas_and_is_none_of_its_own_tasks() -> None:
    forms, probe = answer_forms(LABELS), sentiment()
    base = ["positive", "negative", "sales-3", "negative"]
    assert forms.drifted(probe, base, base) == [False] * 4
    tuned = ["billing-7", "Sales-3, I think", "sales-3", "positive"]
    assert forms.drifted(probe, base, tuned) == [True, True, False, False]
    assert forms.drifted(probe, base, ["billing-77", "", "no billing-7", "negative"]) == [False] * 4


@given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=100)), max_size=40), st.text(max_size=50))
def test_any_data_has_forms_that_recognise_themselves(answers: list[tuple[str, str]], text: str) -> None:
    forms = answer_forms(answers)
    assert 0 <= forms.share <= 1
    assert all(forms.of(form) is not None for form in forms.forms)
    found = forms.of(text)
    assert found is None or found in forms.forms


def test_the_answers_of_preference_data_are_the_chosen_ones(
    write: Callable[..., Path], chat_model: Path, probes: dict[str, Any]
) -> None:
    rows = [{"prompt": f"Queue of {i}?", "chosen": "billing-7", "rejected": "no idea"} for i in range(12)]
    recipe = write(chat_model, rows, objective={"kind": "dpo"}, forgetting=probes)
    watched = prepare(read_recipe(recipe), recipe.parent).watched
    assert watched is not None and watched.forms.forms == ("billing-7",)
    assert isinstance(watched.settings, Forgetting)
