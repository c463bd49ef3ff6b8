"""Rank intervals hold the true ranks of all models at once, and what cannot be told apart shares a group."""

import numpy as np
import pytest
from scipy import stats

from harness.stats import bootstrap_sums
from harness.stats.ranks import ranks, relative_scores


def means(sums: np.ndarray) -> np.ndarray:
    return sums / 150


def placed(values: np.ndarray, seed: int = 0):
    """Ranks of models from their samples' own values, shape (samples, models)."""
    return ranks(values.mean(axis=0), means(bootstrap_sums(values, replicates=400, seed=seed)), samples=len(values))


@pytest.mark.parametrize("truth", [(0.5, 0.5, 0.5, 0.5), (0.4, 0.6, 0.6, 0.9)], ids=["all equal", "some equal"])
def test_intervals_hold_every_models_true_ranks_at_once(truth: tuple[float, ...]) -> None:
    rng = np.random.default_rng(0)
    rounds, missed = 300, 0
    best = [1 + sum(other > own for other in truth) for own in truth]
    worst = [len(truth) - sum(other < own for other in truth) for own in truth]
    for _ in range(rounds):
        easy = rng.random((150, 1)) < 0.3  # models agree on some samples, as real ones do
        found = placed(np.where(easy, 1.0, rng.random((150, len(truth))) < (np.array(truth) - 0.3) / 0.7))
        missed += any(r.low > b or r.high < w for r, b, w in zip(found, best, worst, strict=True))
    assert missed <= stats.binom.ppf(0.999, rounds, 0.05)


def test_clear_differences_give_sure_ranks_and_groups_of_their_own() -> None:
    rng = np.random.default_rng(1)
    found = placed((rng.random((150, 3)) < [0.95, 0.5, 0.1]).astype(float))
    assert [(r.rank, r.low, r.high, r.groups) for r in found] == [(1, 1, 1, (0,)), (2, 2, 2, (1,)), (3, 3, 3, (2,))]


def test_models_differ_significantly_if_and_only_if_they_share_no_group() -> None:
    rng = np.random.default_rng(2)
    values = (rng.random((150, 6)) < [0.9, 0.86, 0.8, 0.72, 0.65, 0.6]).astype(float)
    found = placed(values)
    assert len({group for r in found for group in r.groups}) > 1
    for one in found:
        worse = [other for other in found if other.rank > one.rank]
        assert one.high == len(found) - sum(not set(one.groups) & set(other.groups) for other in worse)


def test_equal_models_share_the_better_place_and_nothing_is_sure() -> None:
    same = np.tile((np.arange(150) % 2 == 0).astype(float)[:, None], (1, 3))
    assert [(r.rank, r.low, r.high) for r in placed(same)] == [(1, 1, 3)] * 3


def test_one_model_is_first_for_certain() -> None:
    (only,) = placed(np.ones((150, 1)))
    assert (only.rank, only.low, only.high) == (1, 1, 1)


def test_relative_scores_run_from_the_worst_to_the_best() -> None:
    assert relative_scores(np.array([10.0, 30.0, 20.0]), np.array([10.0, 30.0, 20.0])).tolist() == [0, 1, 0.5]
    assert relative_scores(np.array([2.0, 2.0]), np.array([[2.0, 3.0]])).tolist() == [[0.5, 0.5]]
