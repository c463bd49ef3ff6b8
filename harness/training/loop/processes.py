"""Trainings shared by several processes: how many there are, and which of them writes, as their launcher says."""

import os

from harness.records import InputError


def process_count() -> int:
    """Processes that share this training, as ``accelerate launch`` or ``torchrun`` started them; 1 without either."""
    return int(os.environ.get("WORLD_SIZE", "1")) if "LOCAL_RANK" in os.environ else 1


def is_first_process() -> bool:
    """Whether this process is the one that writes and talks."""
    return process_count() == 1 or os.environ.get("RANK", "0") == "0"


def wait_for_all() -> None:
    """Go on when every process has come here."""
    if process_count() == 1:
        return
    import torch
    from accelerate import PartialState

    PartialState(cpu=not torch.cuda.is_available()).wait_for_everyone()


def said_anywhere(said: bool) -> bool:
    """Whether any process says so. All of them must ask, so that all of them know at the same step."""
    if process_count() == 1:
        return said
    import torch
    from accelerate import PartialState

    one = torch.tensor(int(said), device=PartialState(cpu=not torch.cuda.is_available()).device)
    torch.distributed.all_reduce(one, torch.distributed.ReduceOp.MAX)
    return bool(one)


def check_devices() -> None:
    """Make sure that one process does not see several GPUs: it would replicate the model, which TRL's trainers refuse.

    Raises:
        InputError: it does.
    """
    import torch

    if process_count() == 1 and torch.cuda.device_count() > 1:
        raise InputError(
            f"{torch.cuda.device_count()} GPUs and one process",
            mend="start one process a GPU with `accelerate launch -m harness train RECIPE`, "
            "or show one GPU with CUDA_VISIBLE_DEVICES=0",
        )
