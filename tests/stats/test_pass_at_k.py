"""pass@k: the reference implementation's formula, the truth by enumeration, and numbers that cannot be."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats.pass_at_k import pass_at_k


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n))))
def test_the_estimate_is_that_of_humanevals_own_scorer(numbers: tuple[int, int, int]) -> None:
    n, c, k = numbers
    theirs = 1.0 if n - c < k else 1.0 - float(np.prod(1.0 - k / np.arange(n - c + 1, n + 1)))
    assert pass_at_k(n, c, k) == pytest.approx(theirs, abs=1e-12)


def test_the_estimate_is_the_share_of_draws_that_hold_a_right_one() -> None:
    outcomes = [True, True, False, False, False, False]
    draws = list(combinations(outcomes, 3))
    assert pass_at_k(6, 2, 3) == pytest.approx(sum(any(draw) for draw in draws) / len(draws))


def test_many_generations_neither_overflow_nor_leave_the_unit_interval() -> None:
    assert 0 < pass_at_k(100_000, 1, 100) < pass_at_k(100_000, 50_000, 100) <= 1


@pytest.mark.parametrize(("n", "c", "k"), [(5, 5, 6), (0, 0, 1), (5, 6, 1), (5, -1, 1), (5, 2, 0)])
def test_numbers_that_cannot_be_are_errors_and_not_one(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError, match="need 0 <= right"):
        pass_at_k(n, c, k)
