"""Adjusted p-values for many tests at once."""

from collections.abc import Sequence

import numpy as np


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Holm's step-down adjustment: controls the chance of any false rejection, under any dependence.

    Args:
        p_values: Shape ``(m,)``, each in [0, 1].

    Returns:
        Adjusted p-values in the order given; reject where they are at most the level.

    Source: Holm (1979), Scandinavian Journal of Statistics 6:65.
    """
    p, order = _sorted(p_values)
    m = len(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(m, 0, -1))
    return _restored(stepped, order)


def benjamini_hochberg(p_values: Sequence[float]) -> np.ndarray:
    """Benjamini and Hochberg's adjustment: controls the expected share of false ones among the rejections.

    Source: Benjamini and Hochberg (1995), JRSS B 57:289.
    """
    p, order = _sorted(p_values)
    m = len(p)
    stepped = np.minimum.accumulate((p[order] * m / np.arange(1, m + 1))[::-1])[::-1]
    return _restored(stepped, order)


def _sorted(p_values: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    p = np.asarray(p_values, dtype=float)
    if p.ndim != 1 or np.any(~((p >= 0) & (p <= 1))):
        raise ValueError("p-values must be a flat sequence of numbers in [0, 1]")
    return p, np.argsort(p, kind="stable")


def _restored(stepped: np.ndarray, order: np.ndarray) -> np.ndarray:
    adjusted = np.empty_like(stepped)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted
