"""What a schedule says is what happens: rates, portions, number formats. Ignoring one would show nowhere else."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from harness.models import Adapter, Base
from harness.records import InputError
from harness.training import read_recipe, train

Write = Callable[..., Path]
QUICK = {"max_steps": 10, "batch_size": 4, "learning_rate": 0.01, "warmup": 2}


def lines(made: Adapter | Base) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (made.folder / "metrics.jsonl").read_text().splitlines()]


def weights(made: Adapter | Base) -> dict[str, torch.Tensor]:
    return load_file(made.folder / "adapter_model.safetensors")


@pytest.mark.parametrize(
    ("schedule", "last"),
    [
        # At the last of ten steps, two of them warm-up, the schedule is at 7 of 8.
        ({"scheduler": "linear"}, 1 / 8),
        ({"scheduler": "cosine"}, 0.0380602),
        ({"scheduler": "cosine_with_min_lr"}, 0.1 + 0.9 * 0.0380602),
        ({"scheduler": "cosine_with_min_lr", "min_lr_rate": 0.5}, 0.5 + 0.5 * 0.0380602),
        ({"scheduler": "polynomial"}, (1 / 8) ** 2),
        ({"scheduler": "polynomial", "power": 3}, (1 / 8) ** 3),
        ({"scheduler": "inverse_sqrt"}, (2 / 9) ** 0.5),
        ({"scheduler": "constant_with_warmup"}, 1.0),
    ],
)
def test_the_learning_rate_follows_its_schedule(
    write: Write, chat_model: Path, tmp_path: Path, schedule: dict[str, Any], last: float
) -> None:
    rates = [
        line["learning_rate"] for line in lines(train(write(chat_model, schedule=QUICK | schedule), tmp_path / "a"))
    ]
    assert rates[:3] == pytest.approx([0.0, 0.005, 0.01])
    assert rates[-1] == pytest.approx(0.01 * last, rel=1e-4)


@pytest.mark.parametrize(
    ("schedule", "says"),
    [
        ({"power": 2}, "power belongs to scheduler: polynomial"),
        ({"scheduler": "linear", "min_lr_rate": 0.1}, "belongs to scheduler: cosine_with_min_lr"),
        ({"scheduler": "cosin"}, "scheduler"),
        ({"save_total_limit": 0}, "save_total_limit"),
    ],
)
def test_what_a_schedule_would_ignore_is_refused(
    write: Write, chat_model: Path, schedule: dict[str, Any], says: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_recipe(write(chat_model, schedule=schedule))
    assert says in str(caught.value) and "\n" not in str(caught.value)


def test_two_batches_of_two_make_the_step_of_one_batch_of_four(write: Write, chat_model: Path, tmp_path: Path) -> None:
    # One row after the other would do for equal steps; only the mean over all learned tokens makes them equal here.
    rows = [{"prompt": "Count.", "response": "one " * (1 + 7 * (i % 2))} for i in range(4)]
    one = {"max_steps": 3, "batch_size": 4, "learning_rate": 0.01, "warmup": 0}
    two = one | {"batch_size": 2, "gradient_accumulation": 2}
    made = [
        train(write(chat_model, rows, schedule=schedule), tmp_path / f"{i}") for i, schedule in enumerate((one, two))
    ]
    losses = [[line["loss"] for line in lines(one)] for one in made]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    first, second = (weights(one) for one in made)
    for name, weight in first.items():
        torch.testing.assert_close(second[name], weight, rtol=1e-3, atol=1e-5)


def test_gradient_checkpointing_computes_again_and_changes_nothing(
    write: Write, chat_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers.models.llama.modeling_llama import LlamaMLP

    calls: list[int] = []
    forward = LlamaMLP.forward

    def counted(self: LlamaMLP, x: torch.Tensor) -> torch.Tensor:
        calls[-1] += 1
        return forward(self, x)

    monkeypatch.setattr(LlamaMLP, "forward", counted)
    made = []
    for saving in (False, True):
        calls.append(0)
        made.append(
            train(write(chat_model, schedule=QUICK | {"gradient_checkpointing": saving}), tmp_path / f"{saving}")
        )
    # Two layers, ten steps: forward once, and once more on the way back.
    assert calls == [20, 40]
    first, second = (weights(one) for one in made)
    for name, weight in first.items():
        torch.testing.assert_close(second[name], weight, rtol=1e-4, atol=1e-6)


def test_bfloat16_computes_in_16_bit_and_keeps_what_is_trained_in_32(
    write: Write, chat_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers.models.llama.modeling_llama import LlamaMLP

    seen: set[torch.dtype] = set()
    forward = LlamaMLP.forward

    def watched(self: LlamaMLP, x: torch.Tensor) -> torch.Tensor:
        made = forward(self, x)
        seen.add(made.dtype)
        return made

    monkeypatch.setattr(LlamaMLP, "forward", watched)
    made = train(write(chat_model, schedule=QUICK, dtype="bfloat16"), tmp_path / "a")
    assert seen == {torch.bfloat16}
    assert {weight.dtype for weight in weights(made).values()} == {torch.float32}


def test_weights_over_a_4_bit_base_keep_steps_that_bfloat16_would_round_away(
    write: Write, chat_model: Path, tmp_path: Path
) -> None:
    pytest.importorskip("bitsandbytes", reason="4-bit training needs the extra quant")
    made = train(write(chat_model, method={"kind": "qlora"}, schedule=QUICK | {"learning_rate": 1e-5}), tmp_path / "a")
    found = weights(made)
    assert any(not torch.equal(weight, weight.bfloat16().float()) for weight in found.values())


def test_weight_decay_and_clipping_are_passed_on(write: Write, chat_model: Path, tmp_path: Path) -> None:
    plain, decayed, clipped = (
        weights(train(write(chat_model, schedule=QUICK | changes), tmp_path / name))
        for name, changes in {"a": {}, "b": {"weight_decay": 10.0}, "c": {"max_grad_norm": 1e-9}}.items()
    )
    size = [sum(float(weight.norm()) for name, weight in one.items() if "lora_A" in name) for one in (plain, decayed)]
    assert size[1] < 0.9 * size[0]
    # Adam divides by the gradient's size, so only a gradient as small as its epsilon moves weights less.
    moved = [
        sum(float(weight.abs().sum()) for name, weight in one.items() if "lora_B" in name) for one in (plain, clipped)
    ]
    assert moved[1] < 0.5 * moved[0]
