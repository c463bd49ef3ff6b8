"""Filters read what an answer says, give None where it says nothing, and always end."""

import time

import pytest

from harness.records import InputError
from harness.tasks.filters import RegexFilter, apply_filters, find_label

LABELS = ["card_arrival", "card", "not good", "good", "C++"]


@pytest.mark.parametrize(
    ("filters", "text", "read"),
    [
        (["strip"], "  a b \n", "a b"),
        (["lower"], "ÄB", "äb"),
        (["first_line"], "\n \n one \ntwo", " one "),
        (["first_line"], "\n", None),
        (["number"], "So 1,234.50 dollars and no cents.", "1234.50"),
        (["number"], "3 + 4 = 7.", "7"),
        (["number"], "-5", "-5"),
        (["number"], "none", None),
        (["code_block"], "Here:\n```python\nx = 1\n```\nDone\n```\ny\n```", "x = 1"),
        (["code_block"], "```\ncut off", "cut off"),
        (["code_block"], "return 1", "return 1"),
        (["code_block"], "", None),
        ([RegexFilter(regex=r"answer is (\w+)", group=1)], "the answer is no, the answer is yes", "no"),
        ([RegexFilter(regex=r"answer is (\w+)", group=1, take="last")], "the answer is no, the answer is yes", "yes"),
        ([RegexFilter(regex=r"(a)|b", group=1)], "b", None),
        ([RegexFilter(regex="x"), "strip"], "y", None),
        ([], "as it is ", "as it is "),
    ],
)
def test_filters_read_what_is_there(filters: list, text: str, read: str | None) -> None:
    assert apply_filters(text, filters) == read


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("It is good.", "good"),
        ("not good", "not good"),
        ("Card arrival!", "card_arrival"),
        ("a CARD that is good", "card"),
        ("cards", None),
        ("in C++, I think", "C++"),
        ("", None),
    ],
)
def test_the_label_named_first_is_read_and_the_longest_of_those_that_start_there(text: str, label: str | None) -> None:
    assert find_label(text, LABELS) == label


def test_a_pattern_that_explodes_is_stopped() -> None:
    started = time.monotonic()
    with pytest.raises(InputError, match="make it simpler"):
        apply_filters("a" * 60 + "b", [RegexFilter(regex=r"(a|aa)+$")])
    assert time.monotonic() - started < 20
