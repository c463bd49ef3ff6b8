"""Which trials no other one beats, and which of them is called the best."""

from collections.abc import Sequence

from harness.records.search import Quality, TrialRow


def pareto_front(rows: Sequence[TrialRow], *, gated: bool) -> list[int]:
    """Numbers of the trials that no other one beats in gain and forgetting, the largest gain first.

    Of trials that are equal in both, the earliest stands for all.

    Args:
        gated: Count only trials that no gate rule fails.
    """
    found = [
        (one.gain.value, one.forgetting.value, row.number)
        for row in rows
        if (one := _eligible(row, gated)) and one.forgetting
    ]
    front: list[int] = []
    least = float("inf")
    for _, forgotten, number in sorted(found, key=lambda one: (-one[0], one[1], one[2])):
        if forgotten < least:
            front.append(number)
            least = forgotten
    return front


def best_number(
    rows: Sequence[TrialRow], front: Sequence[int] | None, *, gated: bool, greater_is_better: bool
) -> int | None:
    """The best trial: the best score, of equals the one that forgot least; None where no trial may be chosen.

    Args:
        front: With two goals, the front; the best is then its largest gain less forgetting, in points.
    """
    eligible = {row.number: one for row in rows if (one := _eligible(row, gated))}
    if front is not None:
        return max(front, key=lambda number: _net(eligible[number]), default=None)
    sign = 1 if greater_is_better else -1
    return max(
        eligible, key=lambda number: (sign * eligible[number].score.value, _kept(eligible[number])), default=None
    )


def _eligible(row: TrialRow, gated: bool) -> Quality | None:
    return None if row.quality is None or (gated and row.quality.failed_rules) else row.quality


def _net(one: Quality) -> float:
    return one.gain.value + _kept(one)


def _kept(one: Quality) -> float:
    return -one.forgetting.value if one.forgetting else 0.0
