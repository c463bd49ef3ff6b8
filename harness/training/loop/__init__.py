"""The loop itself: plan, trainers of TRL, checkpoints, what watches each step."""
