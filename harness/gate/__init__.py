"""Comparison and rules -> verdict: pass, fail, or inconclusive with what would settle it."""

from harness.gate.decide import EXIT_STATUS, decide

__all__ = ["EXIT_STATUS", "decide"]
