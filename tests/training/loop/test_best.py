"""What the held-out loss decides: which weights are saved, when a training ends; no limit on checkpoints loses them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.records import InputError
from harness.training import Step, prepare, read_recipe, train
from harness.training.loop.sft import collate
from harness.training.rows.encode import Row

Write = Callable[..., Path]
#: So hot that the held-out loss rises again.
HOT = {"max_steps": 24, "batch_size": 4, "learning_rate": 0.1, "scheduler": "constant", "warmup": 0}
METHODS: dict[str, dict[str, Any]] = {
    "lora": {"kind": "lora"},
    "adalora": {"kind": "adalora", "init_r": 4, "target_r": 2},
    "p_tuning": {"kind": "p_tuning", "virtual_tokens": 4},
    "full": {"kind": "full"},
}


def record(folder: Path) -> Any:
    return json.loads((folder / "training.json").read_text())


def held_out_losses(folder: Path) -> dict[int, float]:
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return {line["step"]: line["held_out_loss"] for line in lines if "held_out_loss" in line}


def measured(folder: Path, base: Path, rows: list[Row]) -> float:
    """The held-out loss of what was saved, as a stranger would measure it: from the files, with PEFT alone."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    full = (folder / "config.json").is_file()
    model = AutoModelForCausalLM.from_pretrained(folder if full else base)
    model = model if full else PeftModel.from_pretrained(model, folder)
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(rows), 4):
            part = rows[start : start + 4]
            batch = collate([{"input_ids": list(row.ids), "labels": list(row.labels)} for row in part], pad=1)
            labels = batch.pop("labels")[:, 1:].flatten()
            size = batch["input_ids"].shape[1]
            logits = model(**batch).logits[:, -size:-1].flatten(0, 1)  # virtual tokens stand before the row's own
            total += float(torch.nn.functional.cross_entropy(logits, labels)) * len(part)
    return total / len(rows)


@pytest.mark.parametrize("method", METHODS)
def test_what_is_saved_has_the_lowest_held_out_loss(
    write: Write, chat_model: Path, tmp_path: Path, method: str
) -> None:
    evaluation = {"fraction": 0.3, "every": 3, "keep_best": True}
    recipe = write(chat_model, method=METHODS[method], schedule=HOT | {"save_every": 1, "save_total_limit": 1},
                   evaluation=evaluation)  # fmt: skip
    folder = train(recipe, tmp_path / "a").folder
    losses, kept = held_out_losses(folder), record(folder)
    best = min(losses, key=lambda step: losses[step])
    assert best < 24, "the last step is the best: nothing was proved"
    assert (kept["saved_step"], kept["losses"]["held_out_loss"]) == (best, losses[best])
    prepared = prepare(read_recipe(recipe), tmp_path)
    assert measured(folder, chat_model, prepared.held_out) == pytest.approx(losses[best], abs=1e-4)


def test_the_last_weights_are_saved_where_nothing_else_is_asked(write: Write, chat_model: Path, tmp_path: Path) -> None:
    recipe = write(chat_model, schedule=HOT, evaluation={"fraction": 0.3, "every": 10})
    folder = train(recipe, tmp_path / "a").folder
    losses, kept = held_out_losses(folder), record(folder)
    assert sorted(losses) == [10, 20, 24]
    assert (kept["saved_step"], kept["losses"]["held_out_loss"]) == (24, losses[24])
    prepared = prepare(read_recipe(recipe), tmp_path)
    assert measured(folder, chat_model, prepared.held_out) == pytest.approx(losses[24], abs=1e-4)


def stops_at(losses: dict[int, float], patience: int, threshold: float) -> int:
    """The step at which a training with these held-out losses has to end."""
    lowest, waited = float("inf"), 0
    for step, loss in sorted(losses.items()):
        waited = 0 if lowest - loss > threshold else waited + 1
        lowest = min(lowest, loss)
        if waited == patience:
            return step
    return max(losses)


@pytest.mark.parametrize(("patience", "threshold"), [(2, 0.0), (3, 0.0), (2, 0.5)])
def test_a_training_ends_when_the_held_out_loss_no_longer_falls(
    write: Write, chat_model: Path, tmp_path: Path, patience: int, threshold: float
) -> None:
    plain = write(chat_model, schedule=HOT, evaluation={"fraction": 0.3, "every": 2})
    whole = held_out_losses(train(plain, tmp_path / "whole").folder)
    rule = {"patience": patience, "threshold": threshold}
    recipe = write(chat_model, schedule=HOT, evaluation={"fraction": 0.3, "every": 2, "early_stopping": rule})
    folder = train(recipe, tmp_path / "a").folder
    expected = stops_at(whole, patience, threshold)
    assert expected < 24
    assert record(folder)["steps"] == expected and record(folder)["planned_steps"] == 24
    assert f"stopped after step {expected} of 24" in record(folder)["stopped_early"]["reason"]
    assert held_out_losses(folder) == {step: loss for step, loss in whole.items() if step <= expected}


def test_with_early_stopping_the_loss_is_measured_once_a_pass(write: Write, chat_model: Path, tmp_path: Path) -> None:
    schedule = {"epochs": 3, "batch_size": 2, "learning_rate": 0.001}
    recipe = write(chat_model, schedule=schedule, evaluation={"fraction": 0.3, "early_stopping": {}})
    steps = -(-len(prepare(read_recipe(recipe), tmp_path).rows) // 2)
    assert list(held_out_losses(train(recipe, tmp_path / "a").folder)) == [steps, 2 * steps, 3 * steps]


def test_no_more_checkpoints_are_kept_than_asked_for(write: Write, chat_model: Path, tmp_path: Path) -> None:
    kept: list[int] = []

    def count(step: Step) -> None:
        kept.append(len(list(tmp_path.glob(".a.partial/checkpoint-*"))))

    train(write(chat_model, schedule=HOT | {"save_every": 1, "save_total_limit": 3}), tmp_path / "a", watch=count)
    assert max(kept) == 3


@pytest.mark.parametrize("section", [{"keep_best": True}, {"early_stopping": {"patience": 2}}])
def test_what_needs_held_out_rows_says_so(write: Write, chat_model: Path, section: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"set evaluation\.fraction"):
        read_recipe(write(chat_model, evaluation=section))
