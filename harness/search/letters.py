"""A compact letter display: methods that share a letter could not be told apart."""

from collections.abc import Mapping, Sequence
from string import ascii_lowercase

import numpy as np

from harness.records.search import PairRow
from harness.stats.ranks import alike_groups


def letters(
    pairs: Sequence[PairRow], values: Mapping[str, float], greater_is_better: bool, level: float = 0.05
) -> dict[str, str]:
    """Letters by name, ``a`` for the group of the best.

    Source: Piepho (2004), "An Algorithm for a Letter-Based Representation of All-Pairwise Comparisons"; the letters are
    here those of the maximal sets without a significant pair.
    """
    names = list(values)
    place = {name: i for i, name in enumerate(names)}
    alike = np.ones((len(names), len(names)), dtype=bool)
    for pair in pairs:
        if pair.adjusted_p_value <= level:
            i, j = place[pair.first], place[pair.second]
            alike[i, j] = alike[j, i] = False
    sign = 1 if greater_is_better else -1
    groups = alike_groups(alike, sign * np.array([values[name] for name in names], dtype=float))
    marks = [ascii_lowercase[k] if k < 26 else f"({k + 1})" for k in range(len(groups))]
    return {name: "".join(marks[k] for k, group in enumerate(groups) if place[name] in group) for name in names}
