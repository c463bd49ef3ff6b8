"""What a training will take, before it starts: trained parameters, memory, steps, time. What fits where it does not."""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from harness.models.quiet import quiet_libraries
from harness.records import RunError
from harness.training.adapted import training_dtype
from harness.training.estimates.available_memory import available_memory
from harness.training.estimates.choices import Choice, can_be_4_bit, can_checkpoint, form_of, smaller_ways
from harness.training.estimates.memory import Batch, Blueprint, Form, Memory, largest_batch
from harness.training.estimates.time_taken import Calibration, calibrate
from harness.training.loop.arguments import evaluation_steps
from harness.training.loop.plan import make_plan
from harness.training.loop.processes import process_count
from harness.training.recipes.recipe import Recipe
from harness.training.rows.prepare import prepare

#: A forward pass alone takes about a third of a step, which goes forward once and backward at twice the cost.
_FORWARD = 1 / 3


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a training will take. Bytes, seconds.

    Attributes:
        base_parameters: Of the base alone.
        trained: Trained parameters, as the training will count them.
        rows_a_step: Rows (with packing, sequences) that one step learns from.
        tokens: Learned from in all steps, padding aside.
        held_out_tokens: Of the rows held out.
        measurements: How often the loss on them is measured.
        memory: Of the recipe as it is, on this machine.
        forms: The same training in other forms: number format, checkpointing, 4-bit base, here and on a GPU.
        choices: Where it does not fit: ways to run it in less memory.
        calibration: None where no steps were tried, or they could not be made.
        unmeasured: Why there is no calibration; empty where there is one.
    """

    adapter: str
    method: str
    objective: str
    dtype: str
    device: str
    base_parameters: int
    trained: int
    rows: int
    steps: int
    rows_a_step: int
    tokens: int
    held_out_tokens: int
    measurements: int
    batch: Batch
    memory: Memory
    forms: tuple[tuple[Form, Memory], ...]
    choices: tuple[Choice, ...]
    available: int
    calibration: Calibration | None
    unmeasured: str

    @property
    def fits(self) -> bool:
        """Whether the recipe as it is fits into the memory that is free here now."""
        return self.memory.total <= self.available

    @property
    def seconds(self) -> float | None:
        """From start to end on this machine; None where it was not measured."""
        return None if self.calibration is None else self.calibration.seconds(self._work, self.calibration.speed)

    @property
    def seconds_range(self) -> tuple[float, float] | None:
        """The same if all steps were as fast as the fastest that was tried, and as slow as the slowest."""
        if (tried := self.calibration) is None:
            return None
        return tried.seconds(self._work, tried.fastest), tried.seconds(self._work, tried.slowest)

    @property
    def _work(self) -> float:
        """Tokens of all steps, and of the measurements on held-out rows as so many tokens of steps take as long."""
        return self.tokens + self.held_out_tokens * self.measurements * _FORWARD

    def to_json(self) -> dict[str, Any]:
        memory = {
            "memory": self.memory.to_json(),
            "forms": [_form_json(form) | {"memory": memory.to_json()} for form, memory in self.forms],
            "choices": [{"change": one.change, "memory": one.memory.to_json()} for one in self.choices],
        }
        known = {"fits": self.fits, "seconds": self.seconds, "seconds_range": self.seconds_range}
        return asdict(self) | memory | known


def estimate(recipe: Recipe, folder: Path, *, measure: bool = True) -> Estimate:
    """Estimate a training without starting it.

    Args:
        folder: What the recipe's paths are relative to.
        measure: Try a few steps where the recipe fits; without them there is no time.

    Raises:
        InputError: recipe, base or data cannot be used.
    """
    quiet_libraries()
    prepared = prepare(recipe, folder)
    plan = make_plan(prepared, process_count())
    blueprint = Blueprint(prepared.base, recipe, plan.steps)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = training_dtype(recipe.dtype)
    form = form_of(recipe, plan, dtype, device)
    memory, available = blueprint.memory(form), available_memory(device)
    fits = memory.total <= available
    measured, unmeasured = None, "it does not fit here"
    if fits:
        measured, unmeasured = _try(recipe, folder) if measure else (None, "no steps were asked for")
    every = evaluation_steps(recipe, plan)
    return Estimate(
        adapter=recipe.adapter,
        method=recipe.method.kind,
        objective=recipe.objective.kind,
        dtype=dtype,
        device=device,
        base_parameters=blueprint.base_parameters,
        trained=blueprint.trained,
        rows=len(prepared.rows),
        steps=plan.steps,
        rows_a_step=plan.rows_a_step,
        tokens=plan.tokens_at[-1],
        held_out_tokens=sum(row.size for row in prepared.held_out),
        measurements=math.ceil(plan.steps / every) if every else 0,
        batch=largest_batch(plan, recipe),
        memory=memory,
        forms=tuple((other, blueprint.memory(other)) for other in _other_forms(recipe, form)),
        choices=() if fits else tuple(smaller_ways(blueprint, recipe, form)),
        available=available,
        calibration=measured,
        unmeasured=unmeasured,
    )


def _try(recipe: Recipe, folder: Path) -> tuple[Calibration | None, str]:
    try:
        return calibrate(recipe, folder), ""
    except RunError as error:
        return None, str(error)


def _other_forms(recipe: Recipe, form: Form) -> Iterator[Form]:
    places = {"float32": [form.device], "bfloat16": sorted({form.device, "cuda"})}
    for dtype, devices in places.items():
        for device in devices:
            for four_bit in sorted({False, can_be_4_bit(recipe)}):
                for checkpointing in sorted({False, can_checkpoint(recipe)}):
                    yield Form(form.batch, dtype, device, checkpointing, four_bit)


def _form_json(form: Form) -> dict[str, Any]:
    names = ("dtype", "device", "checkpointing", "four_bit")
    return {name: getattr(form, name) for name in names}
