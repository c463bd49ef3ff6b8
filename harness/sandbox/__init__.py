"""Runs code that a model wrote, away from everything, and judges it by what it returns."""

from harness.sandbox.batch import run_trials
from harness.sandbox.levels import demand, level, level_name, parse_level
from harness.sandbox.limits import Limits, machine_factor
from harness.sandbox.surroundings import node
from harness.sandbox.trial import Ending, Judgement, Trial, run_trial

__all__ = [
    "Ending",
    "Judgement",
    "Limits",
    "Trial",
    "demand",
    "level",
    "level_name",
    "machine_factor",
    "node",
    "parse_level",
    "run_trial",
    "run_trials",
]
