"""The values that flow survive being written down, and equal content has equal identity."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from harness.records import Answer, Generation, LogLikelihood, Message, Rule, content_hash, sample_key

texts = st.text(max_size=40)
logprobs = st.floats(max_value=0, allow_nan=False, allow_infinity=False)
documents = st.dictionaries(texts, st.one_of(texts, st.integers(), st.booleans(), st.none()), max_size=5)


@given(texts, st.integers(0, 10_000), st.sampled_from(["stop", "length"]))
def test_a_generation_comes_back_from_json(text: str, tokens: int, finish: str) -> None:
    answer = Answer(Generation(text, tokens, finish))
    assert Answer.from_json(json.loads(json.dumps(answer.to_json()))) == answer


@given(st.lists(st.tuples(st.lists(logprobs, max_size=5), st.booleans()), max_size=4))
def test_log_likelihoods_come_back_to_the_last_bit(pairs: list[tuple[list[float], bool]]) -> None:
    answer = Answer(likelihoods=tuple(LogLikelihood(tuple(values), greedy) for values, greedy in pairs))
    assert Answer.from_json(json.loads(json.dumps(answer.to_json()))) == answer


@given(documents)
def test_a_hash_does_not_depend_on_the_order_of_keys(document: dict[str, object]) -> None:
    assert content_hash(document) == content_hash(dict(reversed(document.items())))


@given(documents, texts, texts)
def test_a_samples_key_changes_with_its_prompt_and_target(document: dict[str, object], one: str, two: str) -> None:
    same = one == two
    assert (sample_key(document, one, ()) == sample_key(document, two, ())) == same
    assert (sample_key(document, "p", (one,)) == sample_key(document, "p", (two,))) == same
    assert sample_key(document, one, ()) != sample_key(document, (Message("user", one),), ())


def test_rules_by_another_name_are_read_as_what_they_stand_for() -> None:
    parity = Rule.model_validate({"rule": "parity"})
    assert (parity.rule, parity.tasks, parity.metric, parity.value) == (
        "at_most",
        "serving_parity",
        "logprob_gap",
        0.01,
    )
    some = Rule.model_validate({"rule": "no_contamination", "tasks": "tag:medical", "value": 0.02})
    assert (some.rule, some.tasks, some.metric, some.value) == ("at_most", "tag:medical", "contaminated", 0.02)
    with pytest.raises(ValidationError, match="takes no 'metric'"):
        Rule.model_validate({"rule": "no_contamination", "metric": "bleu"})
    assert Rule.model_validate(parity.model_dump()) == parity
