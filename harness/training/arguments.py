"""A recipe in the words of transformers' and TRL's trainers."""

import math
from pathlib import Path
from typing import Any

import torch

from harness.training.plan import Plan
from harness.training.recipe import Recipe


def trainer_arguments(recipe: Recipe, plan: Plan, folder: Path, dtype: str) -> dict[str, Any]:
    """Keyword arguments of ``TrainingArguments`` and of every class made from it, TRL's among them."""
    schedule = recipe.schedule
    on_gpu = torch.cuda.is_available()
    every = recipe.evaluation.every
    return {
        "output_dir": str(folder),
        "max_steps": plan.steps,
        "per_device_train_batch_size": schedule.batch_size,
        "per_device_eval_batch_size": schedule.batch_size,
        "gradient_accumulation_steps": schedule.gradient_accumulation,
        "learning_rate": recipe.learning_rate,
        "lr_scheduler_type": schedule.scheduler,
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
        "eval_strategy": "steps" if plan.held_out and every else "no",
        "eval_steps": every,
        "save_strategy": "steps",
        "save_steps": schedule.save_every or max(100, math.ceil(plan.steps / 5)),
        "save_total_limit": 2,
        "report_to": [],
        "disable_tqdm": True,
    }
