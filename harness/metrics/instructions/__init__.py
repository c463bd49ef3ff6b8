"""Instruction following: the 25 verifiable instructions of IFEval (Zhou et al. 2023), each checked by a few lines."""

from harness.metrics.instructions.metric import InstructionFollowing, LooseInstructionFollowing

__all__ = ["InstructionFollowing", "LooseInstructionFollowing"]
