"""Samples, their keys, few-shot examples, requests and responses."""

import random
from pathlib import Path

import pytest

from harness.records import Answer, Generation, Kind, LogLikelihood, Message, prompt_text, sample_key
from harness.tasks import Task, find_tasks
from tests.tasks.pack import ROWS, make_task, write_pack, write_rows

MANY = [{"text": f"text number {i}", "label": "good" if i % 3 else "bad"} for i in range(60)]
CHOICE = {"output": "multiple_choice", "choices": ["good", "bad"], "prompt": "Q: {{ text }} \nA: "}


def keys(task: Task, **how: int) -> list[str]:
    return [sample.key for sample in task.samples(**how)]


def test_a_key_is_the_hash_of_document_prompt_and_references(tmp_path: Path) -> None:
    sample = make_task(tmp_path).samples()[0]
    assert sample.key == sample_key(ROWS[0], "How is this: I love it", ("good",))


def test_keys_do_not_depend_on_the_order_of_the_data(tmp_path: Path) -> None:
    shuffled = random.Random(1).sample(MANY, len(MANY))
    assert shuffled != MANY
    few = {"fewshot": {"count": 3}, "data": {"path": "test.jsonl", "fewshot": "test.jsonl"}}
    here, there = make_task(tmp_path / "a", MANY, **few), make_task(tmp_path / "b", shuffled, **few)
    assert keys(here) != keys(there)
    assert set(keys(here)) == set(keys(there))
    assert keys(here, limit=10, seed=3) == keys(there, limit=10, seed=3)
    assert here.fingerprint == there.fingerprint


def test_equal_rows_get_keys_of_their_own(tmp_path: Path) -> None:
    first, second, other, third = keys(make_task(tmp_path, [ROWS[0], ROWS[0], ROWS[1], ROWS[0]]))
    assert (second, third) == (f"{first}-2", f"{first}-3")
    assert len({first, second, other, third}) == 4


def test_a_larger_limit_adds_to_a_smaller_ones_samples(tmp_path: Path) -> None:
    task = make_task(tmp_path, MANY)
    assert keys(task, limit=20)[:10] == keys(task, limit=10)
    assert keys(task, limit=10, seed=1) != keys(task, limit=10, seed=2)
    assert set(keys(task, limit=1000)) == set(keys(task))


@pytest.mark.parametrize("style", ["text", "chat", "instruction"])
def test_examples_never_contain_the_sample_itself(tmp_path: Path, style: str) -> None:
    data = {"path": "test.jsonl", "fewshot": "test.jsonl"}
    task = make_task(tmp_path, MANY, data=data, fewshot={"count": 8}, format=style)
    for sample in task.samples():
        words = prompt_text(sample.prompt) + "\n"
        assert words.count("How is this:") == 9
        assert words.count(f"{sample.document['text']}\n") == 1


def test_samples_share_their_examples_and_the_seed_chooses_them(tmp_path: Path) -> None:
    def starts(seed: int) -> set[str]:
        task = make_task(tmp_path / str(seed), data=data, fewshot={"count": 4, "seed": seed})
        write_rows(task.path.parent / "train.jsonl", MANY)
        return {str(sample.prompt).rpartition("How is this:")[0] for sample in task.samples()}

    data = {"path": "test.jsonl", "fewshot": "train.jsonl"}
    assert len(starts(0)) == 1
    assert starts(0) != starts(1)


def test_chat_examples_are_earlier_turns(tmp_path: Path) -> None:
    data = {"path": "test.jsonl", "fewshot": "train.jsonl"}
    task = make_task(tmp_path, format="chat", system="Be brief.", data=data, fewshot={"count": 1})
    write_rows(task.path.parent / "train.jsonl", MANY[:1])
    assert task.samples()[0].prompt == (
        Message("system", "Be brief."),
        Message("user", "How is this: text number 0"),
        Message("assistant", "bad"),
        Message("user", "How is this: I love it"),
    )


def test_the_instruction_form_is_the_classic_one(tmp_path: Path) -> None:
    task = make_task(tmp_path, format="instruction", prompt="Judge the text.", input="{{ text }}")
    assert task.samples()[0].prompt == "### Instruction:\nJudge the text.\n\n### Input:\nI love it\n\n### Response:\n"


def test_choices_follow_a_plain_prompt_after_exactly_one_space(tmp_path: Path) -> None:
    task = make_task(tmp_path, **CHOICE)
    (request,) = task.requests(task.samples()[0], "base")
    assert request.kind is Kind.LOGLIKELIHOOD
    assert request.prompt == "Q: I love it \nA:"
    assert request.continuations == (" good", " bad")


@pytest.mark.parametrize("style", ["chat", "instruction"])
def test_choices_follow_the_header_of_a_turn_directly(tmp_path: Path, style: str) -> None:
    task = make_task(tmp_path, format=style, **CHOICE)
    assert task.requests(task.samples()[0], "base")[0].continuations == ("good", "bad")


@pytest.mark.parametrize("target", ["{{ label }}", "{{ 0 if label == 'good' else 1 }}"])
def test_a_target_may_be_the_choice_or_its_index(tmp_path: Path, target: str) -> None:
    samples = make_task(tmp_path, **CHOICE, target=target).samples()
    assert [sample.target for sample in samples] == ["good", "bad", "good", "bad"]


def test_choices_may_be_a_field_that_holds_a_list(tmp_path: Path) -> None:
    rows = [{"text": "2 + 2", "options": ["3", "4"], "right": 1}]
    changes = {**CHOICE, "choices": "{{ options }}", "target": "{{ right }}"}
    (sample,) = make_task(tmp_path, rows, labels=[], **changes).samples()
    assert sample.choices == ("3", "4")
    assert sample.target == "4"


def test_references_may_be_many(tmp_path: Path) -> None:
    rows = [{"text": "x", "answers": ["one", "1"]}]
    for references in ("{{ answers }}", ["{{ answers[0] }}", "{{ answers[1] }}"]):
        task = make_task(tmp_path, rows, target=None, references=references, labels=[])
        assert task.samples()[0].references == ("one", "1")


def test_the_likeliest_choice_is_the_answer_and_ties_go_to_the_first(tmp_path: Path) -> None:
    task = make_task(tmp_path, **CHOICE)
    sample = task.samples()[0]

    def answered(*totals: float) -> str | None:
        likelihoods = tuple(LogLikelihood((total / 2, total / 2), False) for total in totals)
        return task.response(sample, [Answer(likelihoods=likelihoods)]).text

    assert (answered(-3, -2), answered(-2, -3), answered(-2, -2)) == ("bad", "good", "good")


def test_generations_are_filtered(tmp_path: Path) -> None:
    task = make_task(tmp_path, filters=["first_line", "label"])
    sample = task.samples()[0]

    def read(text: str) -> str | None:
        return task.response(sample, [Answer(generation=Generation(text, 3, "stop"))]).text

    assert read("\nIt is GOOD.\nbad") == "good"
    assert read("who knows") is None
    assert read("") is None


def test_sampled_requests_take_their_seed_from_the_sample_and_greedy_ones_none(tmp_path: Path) -> None:
    greedy = make_task(tmp_path / "a")
    sampled = make_task(tmp_path / "b", generation={"temperature": 1.0, "stop": ["\n"]})

    def seeds(task: Task, seed: int) -> list[int | None]:
        decodings = [task.requests(sample, "base", seed)[0].decoding for sample in task.samples()]
        return [decoding.seed for decoding in decodings if decoding]

    assert seeds(greedy, 0) == [None] * 4
    assert len(set(seeds(sampled, 0)) | set(seeds(sampled, 1))) == 8
    turned = make_task(tmp_path / "c", ROWS[::-1], generation={"temperature": 1.0, "stop": ["\n"]})
    assert seeds(turned, 0) == seeds(sampled, 0)[::-1]


def test_perplexity_scores_the_text_itself(tmp_path: Path) -> None:
    task = make_task(tmp_path, output="perplexity", prompt="{{ text }}", target=None, labels=[], metrics=["perplexity"])
    (request,) = task.requests(task.samples()[0], "base")
    assert (request.kind, request.prompt, request.continuations) == (Kind.ROLLING, "I love it", ())


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "What is this: {{ text }}"},
        {"rows": ROWS[:3]},
        {"rows": [*ROWS[:3], {**ROWS[3], "text": "It is bad"}]},
        {"metrics": ["f1_macro"]},
        {"metrics": ["accuracy", "mcc"]},
        {"generation": {"max_tokens": 3}},
        {"filters": ["strip"]},
        {"format": "chat"},
        {"system": "Be brief."},
        {"version": 2},
        {"labels": ["bad", "good", "mixed"]},
    ],
)
def test_whatever_changes_a_figure_changes_the_fingerprint(tmp_path: Path, change: dict) -> None:
    assert make_task(tmp_path / "a").fingerprint != make_task(tmp_path / "b", **change).fingerprint


def test_words_about_the_task_do_not_change_the_fingerprint(tmp_path: Path) -> None:
    words = {"description": "Other words.", "tags": ["probe"], "license": "MIT"}
    assert make_task(tmp_path / "a").fingerprint == make_task(tmp_path / "b", **words).fingerprint


def test_selectors_find_each_task_once_in_their_order(tmp_path: Path) -> None:
    write_pack(tmp_path, name="mine")
    write_pack(tmp_path / "more", name="one")
    write_pack(tmp_path / "more", name="two")
    names = [task.name for task in find_tasks(["./more", "trec", "./mine", "tag:public"], folder=tmp_path)]
    assert names[:4] == ["one", "two", "trec", "mine"]
    assert len(names) == len(set(names))
    assert {"gsm8k", "humaneval"} <= set(names)
    assert [task.name for task in find_tasks(["ag_*", "./mine/task.yaml"], folder=tmp_path)] == ["ag_news", "mine"]
