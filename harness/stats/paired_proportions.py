"""Two proportions measured on the same samples: McNemar's exact test, Tango's score method, and an exact test.

``rose`` counts the pairs in which the candidate's value is 1 and the reference's 0, ``fell`` the reverse; the
difference of proportions, candidate minus reference, is ``(rose - fell) / n``.
"""

from functools import lru_cache

import numpy as np
from scipy import optimize, special, stats

#: Confidence spent on bounding the nuisance parameter of the exact test (Berger and Boos 1994); added to its p-value.
_NUISANCE_LEVEL = 1e-5
_NUISANCE_POINTS = 24


def mcnemar_exact(rose: int, fell: int) -> float:
    """Two-sided exact p-value of "no difference"; 1.0 where no pair is discordant.

    Source: McNemar (1947), Psychometrika 12:153; equal to ``statsmodels...contingency_tables.mcnemar(exact=True)``.
    """
    discordant = rose + fell
    return float(stats.binomtest(rose, discordant, 0.5).pvalue) if discordant else 1.0


def tango_statistic(n: int, rose: np.ndarray, fell: np.ndarray, difference: float) -> np.ndarray:
    """Tango's score statistic of "the true difference is ``difference``", standard normal in large samples.

    Args:
        n: Pairs.
        rose, fell: Discordant counts, any shapes that broadcast.
        difference: The hypothesis, in (-1, 1).

    Source: Tango (1998), Statistics in Medicine 17:891, with the restricted maximum-likelihood estimate in closed form.
    """
    rose, fell = np.asarray(rose, dtype=float), np.asarray(fell, dtype=float)
    a = 2.0 * n
    b = -rose - fell + (2 * n - rose + fell) * difference
    c = -fell * difference * (1 - difference)
    q = (np.sqrt(np.maximum(b * b - 4 * a * c, 0.0)) - b) / (2 * a)
    variance = n * np.maximum(2 * q + difference * (1 - difference), 0.0)
    gap = rose - fell - n * difference
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(variance > 1e-12, gap / np.sqrt(variance), np.sign(gap) * np.where(gap == 0, 0.0, np.inf))


def tango_interval(n: int, rose: int, fell: int, level: float = 0.95) -> tuple[float, float]:
    """Tango's score interval for the difference of paired proportions; never empty, also without discordant pairs."""
    _check(n, rose, fell)
    z = float(stats.norm.ppf(0.5 + level / 2))
    estimate = (rose - fell) / n

    def gap(difference: float, target: float) -> float:
        return float(tango_statistic(n, np.array(rose), np.array(fell), difference)) - target

    edge = 1 - 1e-10
    low = -1.0 if gap(-edge, z) <= 0 else optimize.brentq(gap, -edge, min(estimate, edge), args=(z,))
    high = 1.0 if gap(edge, -z) >= 0 else optimize.brentq(gap, max(estimate, -edge), edge, args=(-z,))
    return float(low), float(high)


@lru_cache(maxsize=65_536)
def paired_exact_p(n: int, rose: int, fell: int, bound: float) -> float:
    """One-sided p-value of "the true difference is at most ``bound``", valid at every sample size.

    The p-value is the largest probability, over the nuisance parameter (the share of discordant pairs), of a table
    whose score statistic is at least as large as the one seen. Tango's normal approximation gives 7 % instead of 5 %
    where a margin is wide against the number of discordant pairs; this does not.

    Args:
        n: Pairs.
        rose, fell: Discordant counts.
        bound: The hypothesis. For "at least ``bound``" exchange ``rose`` and ``fell`` and give ``-bound``.

    Source: Hsueh, Liu and Chen (2001), Biometrics 57:478, with the nuisance region of Berger and Boos (1994), JASA
    89:1012.
    """
    _check(n, rose, fell)
    if bound <= -1:
        return 0.0 if bound < -1 or fell < n else 1.0
    if bound >= 1:
        return 1.0
    seen = float(tango_statistic(n, np.array(rose), np.array(fell), bound))
    ups = np.arange(n + 1)
    most_downs = _largest_fell(n, ups, bound, seen - 1e-9)
    low, high = _discordant_range(n, rose + fell, abs(bound))
    tails = _tails(n, ups, most_downs, bound, np.linspace(low, high, _NUISANCE_POINTS))
    return min(1.0, float(tails.max()) + _NUISANCE_LEVEL)


def _largest_fell(n: int, ups: np.ndarray, bound: float, threshold: float) -> np.ndarray:
    """For each count of risen pairs, the most fallen pairs with a statistic of at least ``threshold``; -1 for none."""
    low, high = np.full(len(ups), -1), n - ups
    while np.any(low < high):
        middle = (low + high + 1) // 2
        extreme = tango_statistic(n, ups, middle, bound) >= threshold
        low, high = np.where(extreme, middle, low), np.where(extreme, high, middle - 1)
    return low


def _discordant_range(n: int, discordant: int, least: float) -> tuple[float, float]:
    interval = stats.binomtest(discordant, n).proportion_ci(1 - _NUISANCE_LEVEL, method="exact")
    return max(least, float(interval.low)), min(1.0, max(least, float(interval.high)))


def _tails(n: int, ups: np.ndarray, most_downs: np.ndarray, bound: float, shares: np.ndarray) -> np.ndarray:
    """Probability of the extreme tables for each share of discordant pairs, shape ``(shares,)``."""
    up, down = np.clip((shares + bound) / 2, 0, 1), np.clip((shares - bound) / 2, 0, 1)
    # Counts nine standard deviations away weigh nothing, and leaving them out keeps the sum short.
    reach = 9 * np.sqrt(n * up * (1 - up)) + 9
    keep = (most_downs >= 0) & (ups >= np.min(n * up - reach)) & (ups <= np.max(n * up + reach))
    ups, most_downs, up, down = ups[keep], most_downs[keep], up[:, None], down[:, None]
    rest = np.clip(np.divide(down, 1 - up, out=np.zeros_like(down), where=up < 1), 0, 1)
    choose = special.gammaln(n + 1) - special.gammaln(ups + 1) - special.gammaln(n - ups + 1)
    weight = np.exp(choose + special.xlogy(ups, up) + special.xlog1py(n - ups, -up))
    return np.sum(weight * special.bdtr(most_downs.astype(float), n - ups, rest), axis=1)


def _check(n: int, rose: int, fell: int) -> None:
    if n < 1 or rose < 0 or fell < 0 or rose + fell > n:
        raise ValueError(f"rose={rose} and fell={fell} of n={n}: need n >= 1 and 0 <= rose + fell <= n")
