"""How much memory a training takes, worked out from the shapes of its model: no weight is read, nothing is computed."""

import weakref
from contextlib import nullcontext
from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter
from transformers import AutoConfig, AutoModelForCausalLM

from harness.models import Base
from harness.training.adapted import with_adapter
from harness.training.loop.plan import Plan
from harness.training.recipes.methods import Full, Lora, PromptTuning
from harness.training.recipes.recipe import Recipe

_BYTES = {"float32": 4.0, "bfloat16": 2.0}
#: Bytes of a weight in NF4: 4 bits, an 8-bit scale for 64 of them, a 32-bit one for 256 scales (QLoRA, section 3).
_NF4 = 0.5 + 1 / 64 + 4 / (64 * 256)
#: Bytes that Python, torch, transformers, PEFT and TRL hold beside the tensors once steps run, and on a GPU the CUDA
#: context. docs/jobs.md says how far measured trainings are from it.
LIBRARIES = {"cpu": 0.85 * 2**30, "cuda": 0.6 * 2**30}


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes that a training holds at its highest point.

    Attributes:
        weights: Of the base.
        adapter: The trained weights beside the base, in float32.
        optimizer: AdamW's two averages of each trained weight.
        activations: Kept from the forward pass for the backward pass, logits among them, and what is made on the way.
        libraries: What is there before the first tensor.
    """

    weights: float
    adapter: float
    gradients: float
    optimizer: float
    activations: float
    libraries: float

    @property
    def total(self) -> float:
        return float(sum(getattr(self, field.name) for field in fields(self)))

    def to_json(self) -> dict[str, float]:
        return {name: round(value) for name, value in (asdict(self) | {"total": self.total}).items()}


@dataclass(frozen=True, slots=True)
class Batch:
    """The largest batch of a training: sequences, and tokens of each with its padding."""

    sequences: int
    width: int


def largest_batch(plan: Plan, recipe: Recipe) -> Batch:
    """The batch with the longest row; a preference makes two sequences of one row."""
    rows = [plan.rows[place] for place in set(plan.order)]
    if recipe.objective.preferences:
        longest = max(len(one.ids) for row in rows for one in row.sequences)
        return Batch(2 * recipe.schedule.batch_size, longest)
    return Batch(recipe.schedule.batch_size, max(row.size for row in rows))


@dataclass(frozen=True, slots=True)
class Form:
    """A way to run a training, of those that decide its memory.

    Attributes:
        dtype: Of the forward and backward pass: ``float32`` or ``bfloat16``.
        device: ``cpu`` or ``cuda``.
        four_bit: The frozen base in NF4.
    """

    batch: Batch
    dtype: str
    device: str
    checkpointing: bool
    four_bit: bool


class Blueprint:
    """The model of a training in shapes alone.

    Args:
        steps: Optimiser steps of the training, which some methods are built by.

    Raises:
        InputError: the method does not fit the base.
    """

    def __init__(self, base: Base, recipe: Recipe, steps: int) -> None:
        self._method, self._preferences = recipe.method, recipe.objective.preferences
        config = AutoConfig.from_pretrained(base.folder, local_files_only=True, trust_remote_code=False)
        with torch.device("meta"):
            plain = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
            plain.config.use_cache = False
            self.base_parameters = sum(weight.numel() for weight in plain.parameters())
            self._linear = _linear_weights(plain)
            self._model = with_adapter(plain, recipe.model_copy(update={"method": _random_start(recipe)}), steps)
        self.trained = sum(weight.numel() for weight in self._model.parameters() if weight.requires_grad)
        self._peaks: dict[tuple[Batch, str, bool], float] = {}

    def memory(self, form: Form) -> Memory:
        """What the training holds at its highest point."""
        gradients = 4.0 * self.trained
        return Memory(
            weights=self._weights(form),
            adapter=0.0 if isinstance(self._method, Full) else gradients,
            gradients=gradients,
            optimizer=2 * gradients,
            activations=max(0.0, self._made_in_a_step(form) - gradients),
            libraries=LIBRARIES[form.device],
        )

    @property
    def _in_float32(self) -> bool:
        return isinstance(self._method, Full) or self._method.moves_base

    def _weights(self, form: Form) -> float:
        if form.four_bit:
            return self._linear * _NF4 + (self.base_parameters - self._linear) * _BYTES["float32"]
        return self.base_parameters * _BYTES["float32" if self._in_float32 else form.dtype]

    def _made_in_a_step(self, form: Form) -> float:
        """Bytes of gradients and activations at their highest."""
        key = (form.batch, form.dtype, form.checkpointing)
        if key not in self._peaks:
            self._peaks[key] = self._try_a_step(*key)
        return self._peaks[key]

    def _try_a_step(self, batch: Batch, dtype: str, checkpointing: bool) -> float:
        """One step on tensors without numbers, which torch makes, shares and lets go as it would real ones."""
        in_16_bit = torch.autocast("cpu", torch.bfloat16) if dtype == "bfloat16" else nullcontext()
        with FakeTensorMode():
            model = _fill(self._model, None if self._in_float32 else getattr(torch, dtype))
            model.train()
            if checkpointing:
                model.enable_input_require_grads()
                model.gradient_checkpointing_enable()
            else:
                model.gradient_checkpointing_disable()
            ids = torch.zeros(batch.sequences, batch.width, dtype=torch.long)
            mask = torch.ones_like(ids)
            with _LiveBytes() as live, in_16_bit:
                loss = model(input_ids=ids, attention_mask=mask, labels=ids).loss
                if self._preferences:
                    with torch.no_grad():
                        model(input_ids=ids, attention_mask=mask)
                loss.backward()
            for weight in model.parameters():
                weight.grad = None
            if checkpointing:
                model.disable_input_require_grads()
        return float(live.highest)


def _linear_weights(model: Any) -> int:
    """Weights that 4 bits would hold: bitsandbytes leaves embeddings, norms and the output layer as they are."""
    output = model.get_output_embeddings()
    layers = [one for one in model.modules() if isinstance(one, torch.nn.Linear) and one is not output]
    return sum(layer.weight.numel() for layer in layers)


class _LiveBytes(TorchDispatchMode):
    """Counts the bytes of all tensors that operations make, while they live."""

    def __init__(self) -> None:
        super().__init__()
        self._living: dict[int, Any] = {}
        self._now = self.highest = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for one in tree_iter(made):
            if isinstance(one, torch.Tensor):
                self._see(one.untyped_storage())
        return made

    def _see(self, storage: Any) -> None:
        key, size = storage._cdata, storage.nbytes()
        if key in self._living:
            return
        self._now += size
        self.highest = max(self.highest, self._now)
        self._living[key] = weakref.ref(storage, lambda _: self._forget(key, size))

    def _forget(self, key: int, size: int) -> None:
        if self._living.pop(key, None) is not None:
            self._now -= size


def _random_start(recipe: Recipe) -> Any:
    """The method, where it starts from the base's weights, with a start that does not need them."""
    method = recipe.method
    if isinstance(method, Lora):
        return method.model_copy(update={"init": "default"})
    return method.model_copy(update={"init": "random"}) if isinstance(method, PromptTuning) else method


def _fill(model: Any, frozen: torch.dtype | None) -> Any:
    """Give every weight of a model a place on the CPU, without numbers while fake tensors are in force.

    Args:
        frozen: Number format of the weights that are not trained; their own if left out.
    """
    filled: dict[int, Any] = {}
    if prompts := getattr(model, "prompt_tokens", None):
        model.prompt_tokens = {name: torch.zeros(ids.shape, dtype=ids.dtype) for name, ids in prompts.items()}
    for module in model.modules():
        for store in (module._parameters, module._buffers):
            for name, tensor in store.items():
                if tensor is None:
                    continue
                if id(tensor) not in filled:
                    filled[id(tensor)] = _like(tensor, frozen)
                store[name] = filled[id(tensor)]
    return model


def _like(tensor: Any, frozen: torch.dtype | None) -> Any:
    changed = frozen is not None and tensor.is_floating_point() and not tensor.requires_grad
    empty = torch.empty(tensor.shape, dtype=frozen if changed else tensor.dtype, device="cpu")
    if isinstance(tensor, torch.nn.Parameter):
        return torch.nn.Parameter(empty, requires_grad=tensor.requires_grad)
    return empty
