"""The unbiased estimate of pass@k from several generations of one sample."""

import math


def pass_at_k(generations: int, right: int, k: int) -> float:
    """The chance that at least one of ``k`` generations is right: 1 - C(n-c, k) / C(n, k).

    Args:
        generations: n, those that were made; at least ``k``.
        right: c, those of them that were right.
        k: Tries allowed, at least 1.

    Raises:
        ValueError: the numbers cannot be. (The reference implementation answers 1.0 where ``k`` exceeds n.)

    Source: Chen et al. (2021), "Evaluating large language models trained on code", equation 1.
    """
    if not 0 <= right <= generations or not 1 <= k <= generations:
        raise ValueError(f"pass@{k} of {right} right in {generations}: need 0 <= right <= generations and 1 <= k <= n")
    return 1.0 - math.comb(generations - right, k) / math.comb(generations, k)
