"""Finding where a regression began: which of several checkpoints is the first that fails, with few evaluations."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.records import InputError


@dataclass(frozen=True)
class Bisection:
    """What a search found.

    Attributes:
        first_bad: Place of the first checkpoint that fails; the one before it does not, or there is none before it.
        tried: Places in the order in which they were evaluated.
    """

    first_bad: int
    tried: tuple[int, ...]


def bisect(checkpoints: Sequence[str], is_bad: Callable[[int], bool]) -> Bisection:
    """Search for the first bad checkpoint, taking it that all after it are bad, too.

    About log2 of the number of checkpoints, and two more, are evaluated.

    Args:
        checkpoints: Oldest first.
        is_bad: Evaluates the checkpoint at a place.

    Raises:
        InputError: there are no checkpoints, or the last one is not bad.
    """
    if not checkpoints:
        raise InputError("there are no checkpoints to search", mend="name adapter folders, oldest first")
    verdicts: dict[int, bool] = {}

    def bad(place: int) -> bool:
        if place not in verdicts:
            verdicts[place] = is_bad(place)
        return verdicts[place]

    last = len(checkpoints) - 1
    if not bad(last):
        raise InputError(f"the last checkpoint, {checkpoints[last]}, does not fail: there is nothing to find")
    good, first_bad = -1, last
    if first_bad > 0 and not bad(0):
        good = 0
    elif first_bad > 0:
        first_bad = 0
    while first_bad - good > 1:
        middle = (good + first_bad) // 2
        good, first_bad = (good, middle) if bad(middle) else (middle, first_bad)
    return Bisection(first_bad, tuple(verdicts))
