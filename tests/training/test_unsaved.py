"""What is told as unsaved, and what is not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.training import Step, train


def test_a_reader_who_left_is_not_told_as_a_full_disk(
    write: Callable[..., Path], chat_model: Path, tmp_path: Path
) -> None:
    def say(step: Step) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        train(write(chat_model, schedule={"max_steps": 2, "batch_size": 2}), tmp_path / "a", watch=say)
