"""Trainings shared by several processes: how many there are, and which of them writes, as their launcher says."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from harness.records import InputError, RunError

#: Seconds between two looks at the launcher.
_LOOK = 0.5
#: Seconds that a process has to end its step and save once its launcher is gone; it may wait in vain for the others.
_PATIENCE = 600.0


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


@contextmanager
def end_with_launcher() -> Iterator[None]:
    """Stop this process, as by SIGTERM, when its launcher is gone: a killed launcher leaves its processes behind."""
    if process_count() == 1:
        yield
        return
    over = Event()
    Thread(target=_watch_launcher, args=(os.getppid(), over), daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _watch_launcher(launcher: int, over: Event) -> None:
    while not over.wait(_LOOK):
        if os.getppid() != launcher:
            os.kill(os.getpid(), signal.SIGTERM)
            if not over.wait(_PATIENCE):
                os.kill(os.getpid(), signal.SIGKILL)
            return


@contextmanager
def lost_processes() -> Iterator[None]:
    """Tell an error of the block that comes of another process from one of its own.

    Raises:
        RunError: another process of this training is gone, or does not answer; in the words of torch's backend.
    """
    try:
        yield
    except RuntimeError as error:
        from torch.distributed import DistError

        # gloo has no class of errors, only the place in its source.
        if process_count() == 1 or not (isinstance(error, DistError) or "gloo/transport" in str(error)):
            raise
        said = next(iter(str(error).splitlines()), "")[:200]
        raise RunError(
            f"another process of this training is gone, or does not answer ({said})",
            mend="look for what it or its launcher said; the same command goes on from the last checkpoint",
        ) from error


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
