"""Comparison and rules -> verdict: pass, fail, or inconclusive with what would settle it."""

from harness.gate.decide import EXIT_STATUS, decide
from harness.gate.of_run import Policy, gate_run, run_rules
from harness.gate.planned import planned_trials
from harness.gate.referee import until_decided

__all__ = ["EXIT_STATUS", "Policy", "decide", "gate_run", "planned_trials", "run_rules", "until_decided"]
