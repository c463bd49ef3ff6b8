"""What the tutor says of made curves, what it does not say of sound ones, and that a real training hears it."""

import json
import math
import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.training import Recipe, Step, train
from harness.training.loop.tutor import Tutor, beforehand

Write = Callable[..., Path]


def recipe(**changes: Any) -> Recipe:
    return Recipe.model_validate({"adapter": "a", "data": "rows.jsonl"} | changes)


def told(steps: Iterable[Step], planned: int = 100, **changes: Any) -> list[str]:
    tutor = Tutor(recipe(**changes), planned)
    said = [text for step in steps for text in tutor.see(step)]
    return [*said, *tutor.conclude()]


def curve(losses: Iterable[float], norms: Iterable[float] | None = None) -> list[Step]:
    values = list(losses)
    lengths = list(norms) if norms is not None else [1.0] * len(values)
    return [
        Step(number, len(values), 0.0, 0, loss=loss, grad_norm=norm)
        for number, (loss, norm) in enumerate(zip(values, lengths, strict=True), 1)
    ]


def falling(count: int = 100, noise: float = 0.1) -> list[float]:
    chance = random.Random(0)
    return [0.5 + 2.5 * math.exp(-number / 30) + chance.gauss(0, noise) for number in range(count)]


def with_held_out(losses: list[float], held_out: dict[int, float]) -> list[Step]:
    measured = {at: Step(at, len(losses), 0.0, 0, held_out_loss=loss) for at, loss in held_out.items()}
    return [one for step in curve(losses) for one in (step, measured.get(step.step)) if one]


def test_a_sound_training_hears_nothing() -> None:
    held_out = {20: 2.0, 40: 1.5, 60: 1.2, 80: 1.21, 100: 1.205}
    assert told(with_held_out(falling(), held_out)) == []
    assert list(beforehand(recipe(), 100)) == []


def test_a_rising_held_out_loss_beside_a_falling_training_loss_is_overfitting_from_its_best_step_on() -> None:
    (text,) = told(with_held_out(falling(), {20: 2.0, 40: 1.5, 60: 1.6, 80: 1.9, 100: 2.2}))
    assert "overfitting" in text and "1.500 at step 40" in text and "1.900 at step 80" in text


def test_a_held_out_loss_that_rises_with_the_training_loss_is_something_else() -> None:
    said = told(with_held_out(falling(40) + [4.0 + i / 100 for i in range(60)], {20: 2.0, 40: 1.5, 60: 4.1, 80: 4.2}))
    assert not any("overfitting" in text for text in said)


def test_a_loss_that_does_not_fall_is_said_half_way() -> None:
    chance = random.Random(0)
    flat = curve(2.0 + chance.gauss(0, 0.05) for _ in range(100))
    tutor = Tutor(recipe(), 100)
    said = {step.step: texts for one in flat if (texts := tutor.see(step := replace(one, epoch=one.step / 20)))}
    assert list(said) == [50] and "hardly fell in 50 steps" in said[50][0]
    assert tutor.conclude() == []


def test_a_loss_that_came_back_up_is_said_at_the_end() -> None:
    (text,) = told(curve([*falling(50), *(3.5 - one / 1000 for one in range(50))]), 1000)[-1:]
    assert "hardly fell in 100 steps" in text


def test_rows_of_two_kinds_are_neither_spikes_nor_a_loss_that_does_not_fall() -> None:
    chance = random.Random(0)
    kinds = [0.3 if chance.random() < 0.7 else 5.0 for _ in range(100)]
    assert told(curve(loss * (1.2 - number / 250) for number, loss in enumerate(kinds))) == []


def test_a_spike_is_named_with_its_step() -> None:
    losses = falling()
    losses[70] = 6.0
    (text,) = told(curve(losses))
    assert "jumped to 6.000 at step 71" in text


def test_an_exploding_gradient_is_named_with_its_step() -> None:
    norms = [0.8] * 100
    norms[40] = 55.0
    (text,) = told(curve(falling(), norms))
    assert "norm of 55 at step 41" in text


def test_gradients_that_are_always_cut_short_are_said_with_their_length() -> None:
    (text,) = told(curve(falling(), [30.0] * 100))
    assert "cut to max_grad_norm 1 from a norm of about 30" in text
    assert told(curve(falling(), [30.0] * 100), schedule={"max_grad_norm": 30}) == []


def test_a_loss_near_zero_from_the_start_is_a_leak() -> None:
    (text,) = told(curve([0.02 - i / 10000 for i in range(100)]))
    assert "near zero from the start" in text
    preferences = {"objective": {"kind": "dpo"}}
    assert told(curve([0.02 - i / 10000 for i in range(100)]), **preferences) == []


@given(
    st.lists(st.floats(0, 20), max_size=80),
    st.floats(0.01, 30),
    st.sampled_from([1, 2, 5, 1000]),
)
def test_no_curve_is_too_odd_to_be_looked_at(losses: list[float], epochs_a_step: float, every: int) -> None:
    steps = [replace(step, epoch=step.step * epochs_a_step, grad_norm=step.loss) for step in curve(losses)]
    measured = [Step(step.step, len(steps), step.epoch, 0, held_out_loss=step.loss) for step in steps[::every]]
    told(sorted([*steps, *measured], key=lambda step: step.step), len(steps))


@pytest.mark.parametrize(
    ("changes", "steps", "says"),
    [
        ({"schedule": {"learning_rate": 0.1}}, 100, "0.1 is 500 times what is usual for lora (0.0002)"),
        ({"schedule": {"learning_rate": 1e-6}}, 100, "1e-06 is a 200th of what is usual for lora"),
        ({"schedule": {"learning_rate": 0.1}, "method": {"kind": "prompt_tuning"}}, 100, ""),
        ({"schedule": {"learning_rate": 2e-4}, "objective": {"kind": "dpo"}}, 100, "usual for lora with dpo (5e-06)"),
        ({}, 5, "5 steps are few"),
    ],
)
def test_what_is_out_of_proportion_is_said_before_the_first_step(
    changes: dict[str, Any], steps: int, says: str
) -> None:
    said = list(beforehand(recipe(**changes), steps))
    assert len(said) == (1 if says else 0) and says in "".join(said)


def test_a_training_that_overfits_hears_it_while_it_runs_and_writes_it_down(
    write: Write, chat_model: Path, tmp_path: Path
) -> None:
    # Answers that no other row helps to foresee: they can only be learned by heart.
    chance = random.Random(0)
    rows = [{"prompt": f"Draw {i}.", "response": str(chance.randrange(10**12))} for i in range(16)]
    schedule = {"max_steps": 60, "batch_size": 4, "learning_rate": 0.01, "scheduler": "constant"}
    heard: list[str] = []
    seen: list[int] = []
    made = train(
        write(chat_model, rows, method={"kind": "full"}, schedule=schedule, evaluation={"fraction": 0.3, "every": 4}),
        tmp_path / "a",
        warn=lambda text: heard.append(f"{seen[-1] if seen else 0}: {text}"),
        watch=lambda step: seen.append(step.step),
    )
    record = json.loads((made.folder / "training.json").read_text())
    assert "0: the learning rate 0.01 is 500 times" in heard[0]
    (overfitting,) = [text for text in heard if "overfitting" in text]
    assert 0 < int(overfitting.partition(":")[0]) < 60
    assert [text.partition(": ")[2] for text in heard] == record["warnings"]
