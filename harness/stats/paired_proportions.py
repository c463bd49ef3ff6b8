"""Two proportions measured on the same samples: McNemar's exact test, Tango's score method, and an exact test.

``rose`` counts the pairs in which the candidate's value is 1 and the reference's 0, ``fell`` the reverse; the
difference of proportions, candidate minus reference, is ``(rose - fell) / n``.
"""

import numpy as np
from scipy import optimize, stats

#: Confidence spent on bounding the nuisance parameter of the exact test (Berger and Boos 1994); added to its p-value.
_NUISANCE_LEVEL = 1e-5
_NUISANCE_POINTS = 32


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
    largest = max(_tail(n, ups, most_downs, bound, share) for share in np.linspace(low, high, _NUISANCE_POINTS))
    return min(1.0, largest + _NUISANCE_LEVEL)


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


def _tail(n: int, ups: np.ndarray, most_downs: np.ndarray, bound: float, share: float) -> float:
    up, down = (share + bound) / 2, (share - bound) / 2
    keep = most_downs >= 0
    spread = 9 * np.sqrt(n * up * (1 - up)) + 9
    keep &= np.abs(ups - n * up) <= spread
    rest = down / (1 - up) if up < 1 else 0.0
    given = stats.binom.cdf(most_downs[keep], n - ups[keep], min(max(rest, 0.0), 1.0))
    return float(np.sum(stats.binom.pmf(ups[keep], n, min(max(up, 0.0), 1.0)) * given))


def _check(n: int, rose: int, fell: int) -> None:
    if n < 1 or rose < 0 or fell < 0 or rose + fell > n:
        raise ValueError(f"rose={rose} and fell={fell} of n={n}: need n >= 1 and 0 <= rose + fell <= n")
