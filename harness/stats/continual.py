"""What a sequence of models, each trained after the other, kept and passed on: functions of the matrix of scores.

``scores[..., i, j]`` is the score, more being better, of the model after its ``i``-th training on the task of the
``j``-th; leading axes are resamples. The base, before any training, is no row of it.
"""

import numpy as np


def average_score(scores: np.ndarray) -> np.ndarray:
    """Mean score of the last model over all tasks (ACC; Lopez-Paz and Ranzato 2017, arXiv:1706.08840, equation 2).

    Args:
        scores: Shape ``(..., k, k)``.

    Returns:
        Shape ``(...)``, as all functions here.
    """
    return np.asarray(_square(scores)[..., -1, :].mean(-1))


def backward_transfer(scores: np.ndarray) -> np.ndarray:
    """Mean change, from when a task was learnt to the end, over all tasks but the last; forgetting is negative.

    BWT of Lopez-Paz and Ranzato (2017), equation 3. NaN for a sequence of one.
    """
    scores = _square(scores)
    learnt = np.diagonal(scores, axis1=-2, axis2=-1)
    return _mean((scores[..., -1, :] - learnt)[..., :-1])


def forward_transfer(scores: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Mean head start that a task has from the trainings before its own, over all tasks but the first.

    FWT of Lopez-Paz and Ranzato (2017), equation 4, where ``before`` is a network with random weights; here it is the
    base, so that what the base could do already is not counted as passed on.

    Args:
        before: Shape ``(..., k)``: the base's score on each task.
    """
    scores = _square(scores)
    ahead = np.diagonal(scores, offset=1, axis1=-2, axis2=-1)
    return _mean(ahead - np.asarray(before, dtype=float)[..., 1:])


def forgetting_measure(scores: np.ndarray) -> np.ndarray:
    """Mean loss of the last model against the best of those before it, over all tasks but the last.

    Chaudhry et al. (2018), arXiv:1801.10112, at the end of the sequence. A task that was never better
    before counts as below zero, as it does there.
    """
    scores = _square(scores)
    if scores.shape[-2] < 2:
        return np.full(scores.shape[:-2], np.nan)
    return _mean((scores[..., :-1, :].max(-2) - scores[..., -1, :])[..., :-1])


def _square(scores: np.ndarray) -> np.ndarray:
    scores = np.asarray(scores, dtype=float)
    if scores.ndim < 2 or scores.shape[-1] != scores.shape[-2] or not scores.shape[-1]:
        raise ValueError(f"scores of shape {scores.shape}: need (..., k, k), one task a training")
    return scores


def _mean(values: np.ndarray) -> np.ndarray:
    return np.asarray(values.mean(-1)) if values.shape[-1] else np.full(values.shape[:-1], np.nan)
