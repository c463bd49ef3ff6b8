"""Over a base in 4 bit, measuring while training changes nothing of what is learned."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.training import train


def test_a_held_out_loss_on_the_way_leaves_the_training_as_it_is(
    write: Callable[..., Path], chat_model: Path, tmp_path: Path
) -> None:
    pytest.importorskip("bitsandbytes")
    schedule = {"max_steps": 4, "batch_size": 4, "warmup": 0, "learning_rate": 0.01}
    made = [
        train(
            write(
                chat_model,
                method={"kind": "qlora", "r": 4},
                schedule=schedule,
                evaluation={"fraction": 0.3, "every": every},
            ),
            tmp_path / str(every),
        )
        for every in (1, 4)
    ]
    often, once = ((one.folder / "adapter_model.safetensors").read_bytes() for one in made)
    assert often == once
