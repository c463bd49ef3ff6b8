"""Errors of libraries in one line."""

import pytest

from harness.records import reason


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("no such module\n\nSet TRUST=1 to go on."), "no such module"),
        (ValueError("\n  first said here\nadvice"), "first said here"),
        (AssertionError(), "AssertionError"),
        (RuntimeError("  \n"), "RuntimeError"),
    ],
)
def test_a_librarys_error_is_its_first_line_or_its_kind(error: BaseException, line: str) -> None:
    assert reason(error) == line
