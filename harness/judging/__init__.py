"""A model as a judge of answers: by a rubric or in pairs, with its agreement with rules and labels beside it."""

from harness.judging.judge import judge_run
from harness.judging.settings import Criterion, JudgeSettings, read_judge

__all__ = ["Criterion", "JudgeSettings", "judge_run", "read_judge"]
