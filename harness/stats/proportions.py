"""Intervals and exact tests for one proportion: k events in n independent trials."""

from scipy import stats


def wilson_interval(successes: int, trials: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval: right coverage on average, sensible at 0 and n.

    Args:
        successes: Events seen, 0 to ``trials``.
        trials: At least 1.
        level: Confidence level in (0, 1).

    Source: Wilson (1927), JASA 22:209; equal to ``statsmodels.stats.proportion.proportion_confint(method="wilson")``.
    """
    _check(successes, trials)
    interval = stats.binomtest(successes, trials).proportion_ci(level, method="wilson")
    return float(interval.low), float(interval.high)


def clopper_pearson_interval(successes: int, trials: int, level: float = 0.95) -> tuple[float, float]:
    """Clopper and Pearson's interval: coverage of at least ``level``, whatever the true proportion.

    Source: Clopper and Pearson (1934), Biometrika 26:404. It inverts the tests of `binomial_p_values`.
    """
    _check(successes, trials)
    interval = stats.binomtest(successes, trials).proportion_ci(level, method="exact")
    return float(interval.low), float(interval.high)


def binomial_p_values(successes: int, trials: int, proportion: float) -> tuple[float, float]:
    """Exact one-sided p-values of "the true proportion is at most / at least ``proportion``".

    Returns:
        ``(p_at_most, p_at_least)``; a small value speaks against the hypothesis it is named after.
    """
    _check(successes, trials)
    p = min(max(proportion, 0.0), 1.0)
    p_at_most = 0.0 if proportion < 0 else float(stats.binom.sf(successes - 1, trials, p))
    p_at_least = 0.0 if proportion > 1 else float(stats.binom.cdf(successes, trials, p))
    return p_at_most, p_at_least


def _check(successes: int, trials: int) -> None:
    if not 0 <= successes <= trials or trials < 1:
        raise ValueError(f"successes={successes} of trials={trials}: need 0 <= successes <= trials and trials >= 1")
