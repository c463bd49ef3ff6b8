"""Endings that the same command would only come to again: equal recipe, data and seed take equal steps."""

from harness.records import HarnessError, RunError


class Repeats(HarnessError):
    """What ended a training would end it at the same step again; something has to be changed first."""


class LimitCrossed(Repeats):
    """A training forgot more than it may, and no weights of it are within the limits. Exit status 1, as of a rule."""

    exit_status = 1


class Diverged(Repeats, RunError):
    """The loss is no finite number any more."""
