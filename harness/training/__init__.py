"""Recipe and data to adapter. Heavy imports happen when a training starts."""

from harness.training.prepare import prepare
from harness.training.recipe import Recipe, read_recipe
from harness.training.steps import Step
from harness.training.train import train

__all__ = ["Recipe", "Step", "prepare", "read_recipe", "train"]
