"""Backward and forward transfer and the forgetting measure, against an example worked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from harness.stats import average_score, backward_transfer, forgetting_measure, forward_transfer

#: Rows: after training 1, 2, 3; columns: tasks 1, 2, 3.
WORKED = np.array([[0.9, 0.3, 0.1], [0.7, 0.8, 0.4], [0.6, 0.85, 0.95]])
BEFORE = np.array([0.2, 0.1, 0.1])


def test_the_worked_example() -> None:
    assert average_score(WORKED) == pytest.approx((0.6 + 0.85 + 0.95) / 3)
    assert backward_transfer(WORKED) == pytest.approx(((0.6 - 0.9) + (0.85 - 0.8)) / 2)
    assert forward_transfer(WORKED, BEFORE) == pytest.approx(((0.3 - 0.1) + (0.4 - 0.1)) / 2)
    # Task 1 was best after training 1, task 2 after training 2; the end is not among those it is held against.
    assert forgetting_measure(WORKED) == pytest.approx(((0.9 - 0.6) + (0.8 - 0.85)) / 2)


def test_a_dip_and_a_recovery_are_forgetting_but_no_backward_loss() -> None:
    scores = np.array([[0.5, 0, 0], [0.9, 0.5, 0], [0.5, 0.5, 0.5]])
    assert backward_transfer(scores) == 0
    assert forgetting_measure(scores) == pytest.approx(0.2)


def test_leading_axes_are_resamples_and_one_training_transfers_nothing() -> None:
    several = np.stack([WORKED, WORKED / 2])
    assert backward_transfer(several) == pytest.approx([-0.125, -0.0625])
    assert forgetting_measure(several).shape == (2,)
    alone = np.array([[0.7]])
    assert average_score(alone) == 0.7
    assert np.isnan(
        [backward_transfer(alone), forgetting_measure(alone), forward_transfer(alone, np.array([0.1]))]
    ).all()


@pytest.mark.parametrize("shape", [(3,), (2, 3), (0, 0)])
def test_anything_but_a_task_for_each_training_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="one task a training"):
        backward_transfer(np.zeros(shape))


MATRICES = st.integers(2, 5).flatmap(lambda k: arrays.arrays(float, (k, k), elements=st.floats(0, 1)))


@given(MATRICES)
def test_the_best_before_is_never_below_the_score_when_learnt(scores: np.ndarray) -> None:
    assert forgetting_measure(scores) >= -backward_transfer(scores) - 1e-12
    assert -1 <= backward_transfer(scores) <= 1


@given(MATRICES)
def test_models_that_never_change_forget_and_pass_on_nothing(scores: np.ndarray) -> None:
    still = np.repeat(scores[:1], len(scores), axis=0)
    assert backward_transfer(still) == forgetting_measure(still) == 0
    assert forward_transfer(still, scores[0]) == 0
