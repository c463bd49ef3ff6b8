"""A recipe in the words of transformers' and TRL's trainers."""

import math
from pathlib import Path
from typing import Any

import torch

from harness.training.loop.plan import Plan
from harness.training.recipes.recipe import Recipe
from harness.training.recipes.sections import Schedule


def trainer_arguments(recipe: Recipe, plan: Plan, folder: Path, dtype: str) -> dict[str, Any]:
    """Keyword arguments of ``TrainingArguments`` and of every class made from it, TRL's among them."""
    schedule = recipe.schedule
    on_gpu = torch.cuda.is_available()
    every = evaluation_steps(recipe, plan)
    return {
        "output_dir": str(folder),
        "max_steps": plan.steps,
        "per_device_train_batch_size": schedule.batch_size,
        "per_device_eval_batch_size": schedule.batch_size,
        "gradient_accumulation_steps": schedule.gradient_accumulation,
        "learning_rate": recipe.learning_rate,
        "lr_scheduler_type": schedule.scheduler,
        "lr_scheduler_kwargs": _scheduler_arguments(schedule),
        "warmup_steps": schedule.warmup if schedule.warmup < 1 else int(schedule.warmup),
        "weight_decay": schedule.weight_decay,
        "max_grad_norm": schedule.max_grad_norm,
        "gradient_checkpointing": schedule.gradient_checkpointing,
        "bf16": dtype == "bfloat16",
        "seed": recipe.seed,
        "data_seed": recipe.seed,
        "full_determinism": on_gpu,
        "use_cpu": not on_gpu,
        "train_sampling_strategy": "sequential",
        "remove_unused_columns": False,
        "dataloader_num_workers": 0,
        "dataloader_pin_memory": on_gpu,
        "prediction_loss_only": True,
        "logging_strategy": "steps",
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "eval_strategy": "steps" if every else "no",
        "eval_steps": every,
        "metric_for_best_model": "eval_loss" if every else None,
        "greater_is_better": False,
        "save_strategy": "steps",
        "save_steps": schedule.save_every or max(100, math.ceil(plan.steps / 5)),
        "report_to": [],
        "disable_tqdm": True,
    }


def evaluation_steps(recipe: Recipe, plan: Plan) -> int | None:
    """Steps between two measurements on the held-out rows; None without such rows. The last step is always measured."""
    if not plan.held_out:
        return None
    if recipe.evaluation.every:
        return recipe.evaluation.every
    return min(plan.steps_a_pass, plan.steps) if recipe.evaluation.watches else plan.steps


def _scheduler_arguments(schedule: Schedule) -> dict[str, float]:
    if schedule.scheduler == "cosine_with_min_lr":
        return {"min_lr_rate": schedule.min_lr_rate or 0.1}
    if schedule.scheduler == "polynomial":
        return {"power": schedule.power or 2.0, "lr_end": 0.0}
    return {}
