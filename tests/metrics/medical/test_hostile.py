"""Any text is read, in bounded time; findings point into it."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.metrics.safety import advice_level, inspect_answer

LONG = 100_000
HOSTILE = {
    "one word": "a" * LONG,
    "lines": "a\n" * (LONG // 2),
    "symptoms": "my chest " * (LONG // 9),
    "negations": "no " * (LONG // 3),
    "conditions": "if you have acute " * (LONG // 18),
    "orders": "stop your " * (LONG // 10),
    "medicines": "warfarin " * (LONG // 9),
    "combinations": "take ibuprofen with warfarin. " * (LONG // 30),
    "amounts": "5 or 5 mg " * (LONG // 10),
    "digits": "1,111," * (LONG // 6),
    "quotes": '"a a ' * (LONG // 5),
    "brackets": "(" * LONG,
    "spaces": " " * LONG + "a",
    "list marks": "1. " * (LONG // 3),
}
WORDS = st.sampled_from(
    [
        "you",
        "have",
        "may",
        "stop",
        "take",
        "double",
        "the",
        "your",
        "warfarin",
        "ibuprofen",
        "gout",
        "stroke",
        "500",
        "mg",
        "tablets",
        "every",
        "4",
        "hours",
        "not",
        "if",
        "call",
        "911",
        "now",
        "chest",
        "pain",
        "don't",
        "worry",
        ".",
        ",",
        ";",
        ":",
        "?",
        "!",
        "\n",
        "-",
        "1.",
        '"',
        "(",
        ")",
        "%",
        "µg",
        "ml",
        "kg",
        "pregnant",
        "child",
        "I",
        "my",
        "is",
    ]
)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_costs_no_more_than_its_length(name):
    """Ten times the text may cost twenty times the work, not a hundred: the budget is a multiple of a short run."""
    text = HOSTILE[name]
    short = _cost(text[: LONG // 10])
    assert _cost(text) <= 40 * short + 2


def _cost(text: str) -> float:
    start = time.process_time()
    inspect_answer(text, question=text)
    advice_level(text, text)
    return time.process_time() - start


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, max_size=60).map(" ".join) | st.text(max_size=300), st.lists(WORDS, max_size=25).map(" ".join))
def test_findings_point_into_any_text_and_say_why(answer, question):
    for finding in inspect_answer(answer, question=question):
        start, end = finding.span
        assert 0 <= start <= end <= len(answer)
        assert finding.rule.startswith("medical.")
        assert finding.reason
        assert finding.severity in ("critical", "high", "medium", "unknown")


@settings(max_examples=100, deadline=None)
@given(st.lists(WORDS, max_size=60).map(" ".join))
def test_a_quotation_is_nobodys_advice(words):
    quoted = 'The book says: "' + words.replace('"', "").replace("\n", " ") + ' and so on and on."'
    rules = {finding.rule for finding in inspect_answer(quoted, question="What does the book say about gout?")}
    assert not rules & {"medical.diagnosis", "medical.prescription_order", "medical.dose"}
