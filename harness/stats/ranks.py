"""Ranks of several models, with what the samples leave open: intervals, and groups that cannot be told apart."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Rank:
    """One model's place, 1 being the best.

    Attributes:
        rank: By the figures alone; equal figures share the better place.
        low, high: Every place that the samples do not rule out.
        groups: Numbers, from 0, of the groups it belongs to: two models that share none differ significantly.
    """

    rank: int
    low: int
    high: int
    groups: tuple[int, ...]


def ranks(values: np.ndarray, replicates: np.ndarray, *, samples: int, level: float = 0.95) -> list[Rank]:
    """Ranks whose intervals hold for all models at once.

    Args:
        values: Shape ``(m,)``: the models' figures, larger being better.
        replicates: Shape ``(r, m)``: the same from bootstrap resamples, every row one resample of the samples of all.
        samples: How many samples the figures rest on.
        level: Probability with which all intervals together hold the true ranks.

    Source: Mogstad, Romano, Shaikh and Wilhelm (2024), "Inference for Ranks": a model's rank lies between the number
    of models shown to be better and that of those shown to be worse, where all pairs are tested at once by the
    bootstrapped maximum of their studentized differences. Groups are the maximal sets without a significant pair.
    """
    better = _shown_better(np.asarray(values, dtype=float), np.asarray(replicates, dtype=float), samples, level)
    groups = alike_groups(~(better | better.T), values)
    return [
        Rank(
            rank=1 + int(np.sum(values > values[i])),
            low=1 + int(np.sum(better[:, i])),
            high=len(values) - int(np.sum(better[i])),
            groups=tuple(number for number, members in enumerate(groups) if i in members),
        )
        for i in range(len(values))
    ]


def relative_scores(values: np.ndarray, figures: np.ndarray) -> np.ndarray:
    """Figures on the scale from the worst model, 0, to the best, 1; 0.5 where all models are equal.

    A win rate (1 for whoever is ahead by whatever little) would be as easy to read, but it jumps, and the bootstrap
    of a figure that jumps is far too sure of itself. This one is linear.

    Args:
        values: Shape ``(m,)``: the models' figures, which set the scale.
        figures: Shape ``(..., m)``: what is put on it.

    Returns:
        Shape ``(..., m)``.
    """
    low, high = float(np.min(values)), float(np.max(values))
    if low == high:
        return np.full(np.shape(figures), 0.5)
    return (np.asarray(figures, dtype=float) - low) / (high - low)


def _shown_better(values: np.ndarray, replicates: np.ndarray, samples: int, level: float) -> np.ndarray:
    """Shape ``(m, m)``: whether the row's model is shown to be better than the column's."""
    first, second = np.triu_indices(len(values), 1)
    better = np.zeros((len(values), len(values)), dtype=bool)
    if not len(first):
        return better
    observed = values[first] - values[second]
    drawn = replicates[:, first] - replicates[:, second]
    # What one unseen sample could add: without it, models that differ on no drawn sample would differ for certain.
    floor = max(1.0, float(np.max(np.abs(values)))) / samples / np.sqrt(samples)
    error = np.maximum(np.nanstd(drawn, axis=0), floor)
    largest = np.nanmax(np.abs(drawn - observed) / error, axis=1)
    shown = np.abs(observed) / error > np.quantile(largest, level)
    better[first, second] = shown & (observed > 0)
    better[second, first] = shown & (observed < 0)
    return better


def alike_groups(alike: np.ndarray, values: np.ndarray) -> list[set[int]]:
    """Maximal sets of models among which no pair differs, that of the best model first.

    Args:
        alike: Shape ``(m, m)``, symmetric: whether two models could not be told apart.
        values: Shape ``(m,)``, larger being better.
    """
    import networkx

    graph = networkx.Graph()
    graph.add_nodes_from(range(len(values)))
    graph.add_edges_from(zip(*np.nonzero(np.triu(alike, 1)), strict=True))
    place = np.argsort(np.argsort(-np.asarray(values), kind="stable"), kind="stable")
    return sorted(map(set, networkx.find_cliques(graph)), key=lambda group: sorted(place[i] for i in group))
