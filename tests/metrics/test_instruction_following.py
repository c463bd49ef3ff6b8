"""Verifiable instructions: verdicts equal the official checker's, and nothing broken or unknown ever passes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.metrics import build_metric
from harness.metrics.instructions.metric import instruction_verdicts
from harness.metrics.instructions.registry import BadInstruction, follows, instruction_names
from harness.records import Outcome
from tests.metrics.helpers import said, sums

#: Kind, arguments, an answer that follows and one that does not.
CASES: list[tuple[str, dict[str, Any], str, str]] = [
    ("change_case:capital_word_frequency", {"capital_frequency": 2, "capital_relation": "at least"}, "A B", "A b"),
    ("change_case:english_capital", {}, "THIS IS A SHORT ANSWER.", "THIS IS A SHORT ANSWEr."),
    ("change_case:english_lowercase", {}, "this is a short answer.", "This is a short answer."),
    ("combination:repeat_prompt", {"prompt_to_repeat": "Say it."}, "say it. Yes", "Well, say it."),
    ("combination:two_responses", {}, "one\n******\ntwo", "one\n******\none"),
    ("detectable_content:number_placeholders", {"num_placeholders": 2}, "[a] and [b]", "[a] and [b"),
    ("detectable_content:postscript", {"postscript_marker": "P.P.S"}, "Bye\nP. P. S. more", "Bye\nP.S. more"),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, "Bye\np. s. more", "Bye ps more"),
    ("detectable_format:constrained_response", {}, "My answer is no.", "No."),
    ("detectable_format:json_format", {}, '```json\n{"a": 1}\n```', '{"a": 1'),
    ("detectable_format:multiple_sections", {"section_spliter": "Day", "num_sections": 2}, "Day 1 a\nDay2 b", "Day 1"),
    ("detectable_format:number_bullet_lists", {"num_bullets": 2}, "* a\n\n - b", "* a\n** b\nc"),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 1}, "an *owl* here", "an ** owl"),
    ("detectable_format:title", {}, "<<Owls>>\nfly", "<< >>\n<<\n>>"),
    ("keywords:existence", {"keywords": ["owl", "a.b"]}, "OWLS a.b", "owls aXb"),
    ("keywords:forbidden_words", {"forbidden_words": ["owl"]}, "owls", "an Owl."),
    ("keywords:frequency", {"keyword": "owl", "relation": "less than", "frequency": 2}, "owl", "Owl owls"),
    ("keywords:letter_frequency", {"letter": "o", "let_relation": "at least", "let_frequency": 2}, "Oo", "o"),
    ("language:response_language", {"language": "de"}, "Das ist eine kurze Antwort.", "This is a short answer."),
    (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "Owls"},
        "First.\n\n\"owls, they fly.",
        "Owls.\n\nFirst.",
    ),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "***one\n***\ntwo***", "one***\n***two"),
    ("length_constraints:number_sentences", {"num_sentences": 2, "relation": "at least"}, "A cat. It sat.", "Dr. Owl"),
    ("length_constraints:number_words", {"num_words": 3, "relation": "less than"}, "two words", "now three words"),
    ("punctuation:no_comma", {}, "no", "no, no"),
    ("startend:end_checker", {"end_phrase": "The End."}, 'Once. "the end."', "The end. Or not."),
    ("startend:quotation", {}, '"all of it"', '"most" of it'),
]  # fmt: skip


def asked(answer: str, *names: str, arguments: list[dict[str, Any]] | None = None):
    return said(answer, document={"instruction_id_list": list(names), "kwargs": arguments or [{} for _ in names]})


def test_every_published_kind_is_known_and_tested() -> None:
    assert set(instruction_names()) == {name for name, *_ in CASES}
    assert len(instruction_names()) == 25


@pytest.mark.parametrize(("name", "arguments", "good", "bad"), CASES)
def test_an_instruction_tells_a_good_answer_from_a_bad_one(name, arguments, good, bad):
    unused = {"num_stars": None}
    assert follows(name, arguments | unused, good)
    assert not follows(name, arguments, bad)


def official(shared: Path) -> list[tuple[dict[str, Any], str, list[bool]]]:
    read = [
        [json.loads(line) for line in (shared / "data" / "ifeval" / f"{name}.jsonl").read_text().splitlines()]
        for name in ("input_data", "gpt4_official_strict")
    ]
    rows = {row["prompt"]: row for row in read[0]}
    return [(rows[one["prompt"]], one["response"], one["follow_instruction_list"]) for one in read[1]]


def test_each_verdict_on_gpt4s_answers_is_the_official_one(shared):
    judged = official(shared)
    verdicts = [[verdict for _, verdict in instruction_verdicts(row, answer)] for row, answer, _ in judged]
    assert verdicts == [wanted for *_, wanted in judged]
    assert len(verdicts) == 540


def test_the_loose_rule_accepts_all_that_the_strict_one_does_and_answers_wrapped_in_a_line(shared):
    for row, answer, wanted in official(shared)[:100]:
        loose = [verdict for _, verdict in instruction_verdicts(row, answer, loose=True)]
        assert all(a >= b for a, b in zip(loose, wanted, strict=True))
    row = {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
    wrapped = "Sure, here it is:\nNo comma here."
    assert [instruction_verdicts(row, wrapped, loose=loose)[0][1] for loose in (False, True)] == [False, True]


def test_a_prompt_passes_only_if_all_its_instructions_do_and_parts_are_shown():
    metric = build_metric("instruction_following")
    names = ("punctuation:no_comma", "startend:quotation")
    scores = metric.measure([asked('"a"', *names), asked("a", *names), asked("a, b", *names), asked("", *names)])
    assert [score.value for score in scores] == [1.0, 0.0, 0.0, 0.0]
    assert scores[1].extracted == "broken: startend:quotation"
    assert float(metric.aggregate(sums(scores))) == 0.25
    assert metric.breakdown(sums(scores)) == {
        "instruction_level": 3 / 8,
        "instruction_following[punctuation:no_comma]": 2 / 4,
        "instruction_following[startend:quotation]": 1 / 4,
    }
    assert metric.breakdown(np.zeros(len(scores[0].statistics))) == {}


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({}, "has no lists"),
        ({"instruction_id_list": [], "kwargs": []}, "has no lists"),
        ({"instruction_id_list": ["punctuation:no_comma"], "kwargs": []}, "one mapping for each"),
        ({"instruction_id_list": ["keywords:rhyme"], "kwargs": [{}]}, "unknown instruction 'keywords:rhyme'"),
        ({"instruction_id_list": ["keywords:existence"], "kwargs": [{}]}, "argument keywords"),
        ({"instruction_id_list": ["keywords:existence"], "kwargs": [{"keywords": []}]}, "argument keywords"),
        ({"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{"really": 1}]}, "argument really"),
        (
            {"instruction_id_list": ["length_constraints:number_words"], "kwargs": [{"num_words": 3, "relation": "<"}]},
            "argument relation",
        ),
        ({"instruction_id_list": ["language:response_language"], "kwargs": [{"language": "tlh"}]}, "no detector"),
    ],
)
def test_an_instruction_that_nobody_could_check_is_an_error_whatever_the_answer(document, reason):
    for answer in ("ok", ""):
        (score,) = build_metric("instruction_following").measure([said(answer, document=document)])
        assert score.outcome is Outcome.ERROR
        assert score.value is None and not any(score.statistics)
        assert reason in score.findings[0].reason
        with pytest.raises(BadInstruction, match=reason):
            instruction_verdicts(document, answer)


@pytest.mark.parametrize("answer", ["", " \n", "12345 !!", "\u200b"])
def test_an_answer_without_words_is_in_no_language(answer):
    for name, arguments in (("language:response_language", {"language": "en"}), ("change_case:english_capital", {})):
        assert not instruction_verdicts({"instruction_id_list": [name], "kwargs": [arguments]}, answer)[0][1]


@pytest.mark.parametrize(
    "hostile", ["[" * 100_000, "\n" * 100_000, "<<" * 50_000, "*" * 100_000, "a." + " " * 100_000 + "b", "{" * 100_000]
)
def test_no_text_makes_a_check_slow(hostile):
    for name, arguments, _, _ in CASES:
        follows(name, arguments, hostile)
