"""Many trials on all cores, equal ones once; those that ran out of time are tried once more, alone."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from harness.sandbox.levels import demand
from harness.sandbox.limits import Limits
from harness.sandbox.trial import Ending, Judgement, Trial, run_trial

_DEFAULT = Limits()


def run_trials(trials: Sequence[Trial], limits: Limits = _DEFAULT, *, wanted: str = "") -> list[Judgement]:
    """Try candidates.

    Args:
        trials: What to try.
        limits: Of each.
        wanted: The level that is demanded (``landlock+seccomp``); any that contains code if left out.

    Returns:
        One judgement a trial, in order.

    Raises:
        Unavailable: this machine does not contain code as demanded.
        RunError: processes cannot be started.
    """
    parts = demand(wanted)
    different = list(dict.fromkeys(trials))
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        judgements = dict(
            zip(different, pool.map(lambda trial: run_trial(trial, parts, limits), different), strict=True)
        )
    for trial, judgement in judgements.items():
        # Beside others a process may have had half a core.
        if judgement.ending is Ending.TIMEOUT:
            judgements[trial] = run_trial(trial, parts, limits)
    return [judgements[trial] for trial in trials]
