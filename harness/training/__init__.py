"""Recipe and data to adapter. Heavy imports happen when a training starts."""

from harness.training.loop.steps import Step
from harness.training.recipes.recipe import Recipe, read_recipe
from harness.training.rows.prepare import prepare
from harness.training.train import train

__all__ = ["Recipe", "Step", "prepare", "read_recipe", "train"]
