"""What a sample size can show: minimum detectable effect, and the size that a question needs (normal theory)."""

import math

from scipy import stats

#: The chance of finding what is there that planning aims at.
POWER = 0.8


def minimum_detectable_effect(standard_error: float, *, level: float = 0.95, power: float = POWER) -> float:
    """The smallest true difference that a two-sided test at ``1 - level`` finds with probability ``power``."""
    return float(standard_error * (stats.norm.ppf(0.5 + level / 2) + stats.norm.ppf(power)))


def samples_to_decide(
    n: int, standard_error: float, distance: float, *, confidence: float = 0.95, power: float = POWER
) -> int | None:
    """About how many samples, beyond the ``n`` at hand, a one-sided test needs to tell an estimate from a bound.

    Args:
        n: Samples behind ``standard_error``, which shrinks as one over the root of the sample size.
        distance: From the estimate, taken as the truth, to the bound, in the same unit.

    Returns:
        At least 1; None where the estimate lies on the bound, which no sample size tells apart.
    """
    if not abs(distance) > 0 or not math.isfinite(standard_error):
        return None
    z = float(stats.norm.ppf(confidence) + stats.norm.ppf(power))
    return max(1, math.ceil(n * (z * standard_error / abs(distance)) ** 2) - n)
